"""Plain functions that write valid, dull rows as the app would; a test names only what matters to it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import machine
from storage import numbers
from storage.db import Database, new_id, now, org_of, vault
from storage.tables import (
    Appointment,
    Consent,
    Patient,
    PatientNumber,
    PhoneNumber,
    Row,
    Site,
    Slot,
    Staff,
    StaffIdentity,
    Team,
    TeamMember,
)

ZONE = "America/Chicago"
WORKSPACE = "T0CLINIC"
SECRET_KEYS = "1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
MONDAY_NOON = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # 12:00 in Chicago
TEAMS = {
    "patient_access": ("Patient access", False),
    "clinical": ("Clinical", True),
    "front_office": ("Front office", False),
    "care_coordination": ("Care coordination", False),
}
AnyRow = TypeVar("AnyRow", bound=Row)


def an_organisation(db: Database, **facts: Any) -> UUID:
    """A clinic in Chicago; `facts` are columns of `organisations`."""
    usual: dict[str, Any] = {"name": "Lakeside Clinic", "brand": "Lakeside Clinic", "phone": "555-0100", "zone": ZONE}
    usual |= {"settings": {"pilot": "off"}}
    return db.found(**(usual | facts))


def a_site(session: Session, *, name: str = "Main Street", ehr_id: str = "loc-main", zone: str = ZONE) -> Site:
    return _added(session, Site(org_id=org_of(session), name=name, zone=zone, zip="60601", ehr_id=ehr_id))


def a_team(
    session: Session, *, code: str = "patient_access", clinical: bool = False, channel_id: str | None = None
) -> Team:
    """A queue with a Slack channel of its own, which is made up from the code unless one is given."""
    name = TEAMS[code][0] if code in TEAMS else code.replace("_", " ").capitalize()
    channel = channel_id or f"C0{code.replace('_', '').upper()[:9]}"
    return _added(session, Team(org_id=org_of(session), code=code, name=name, channel_id=channel, clinical=clinical))


def all_teams(session: Session, *, channels: Mapping[str, str] | None = None) -> dict[str, Team]:
    """Every team of the demo clinic by its code; `channels` gives some of them a channel id."""
    where = channels or {}
    return {
        code: a_team(session, code=code, clinical=clinical, channel_id=where.get(code))
        for code, (_, clinical) in TEAMS.items()
    }


def a_member_of_staff(
    session: Session,
    *,
    role: str = "agent",
    team: Team | None = None,
    slack_id: str = "U0AGENT",
    workspace: str = WORKSPACE,
    name: str = "Dana Reyes",
    active: bool = True,
) -> Staff:
    """A person with one Slack identity, in `team` when one is given."""
    org = org_of(session)
    email = f"{slack_id.lower()}@clinic.example"
    person = _added(session, Staff(org_id=org, name=name, email=email, role=role, active=active))
    _added(session, StaffIdentity(org_id=org, staff_id=person.id, workspace=workspace, external_id=slack_id))
    if team is not None:
        _added(session, TeamMember(org_id=org, team_id=team.id, staff_id=person.id))
    return person


def a_number(
    session: Session,
    *,
    phone: str = "+13125550101",
    consented: bool = True,
    opted_out: bool = False,
    textable: str = "yes",
) -> PhoneNumber:
    """A number that may be texted, unless the test says otherwise."""
    number = numbers.add(session, phone, textable=textable)
    if consented:
        _added(session, _consent(session, number.id))
    if opted_out:
        numbers.suppress(session, number.id, source="keyword", message_id=None)
    return number


def _consent(session: Session, number_id: UUID) -> Consent:
    return Consent(
        org_id=org_of(session),
        number_id=number_id,
        who="patient",
        given_at=now(session) - timedelta(days=90),
        how="intake form",
        wording="form-2026-01",
        scope="care texts",
    )


def a_patient(
    session: Session,
    *,
    language: str = "en",
    phone: str | None = "+13125550101",
    consented: bool = True,
    opted_out: bool = False,
    textable: str = "yes",
    given: str = "Rosa",
    family: str = "Delgado",
    birth: date = date(1961, 4, 12),
    ehr_id: str | None = None,
    **facts: Any,
) -> Patient:
    """A living patient read from the EHR a moment ago, with one mobile (`phone=None`: none); `facts` are columns of `patients`."""
    keys, row = vault(session), new_id(session)
    mrn = f"MRN{row.hex[-8:]}"
    usual: dict[str, Any] = {
        "ehr_id": ehr_id or f"pt-{row.hex}",
        "mrn_hash": keys.lookup("mrn", mrn),
        "mrn": keys.seal(mrn, "patients.mrn", row),
        "name_birth_hash": keys.lookup("name_birth", f"{family.casefold()} {birth.isoformat()}"),
        "given": keys.seal(given, "patients.given", row),
        "family": keys.seal(family, "patients.family", row),
        "birth_date": keys.seal(birth.isoformat(), "patients.birth_date", row),
        "birth_year": birth.year,
        "language": language,
        "zip": keys.seal("60601", "patients.zip", row),
        "zip3": "606",
        "state": "IL",
        "ehr_version": "1",
        "ehr_read_at": machine(),
    }
    patient = _added(session, Patient(org_id=org_of(session), id=row, **(usual | facts)))
    if phone is not None:
        number = a_number(session, phone=phone, consented=consented, opted_out=opted_out, textable=textable)
        _added(session, PatientNumber(org_id=org_of(session), patient_id=patient.id, number_id=number.id))
    return patient


def patient_of(session: Session, patient_id: UUID) -> Patient:
    """One that was made before, in this transaction."""
    return session.scalars(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id)).one()


def a_slot(session: Session, *, start: datetime = MONDAY_NOON, status: str = "free", ehr_id: str | None = None) -> Slot:
    """Half an hour with one practitioner."""
    row = new_id(session)
    slot = Slot(
        org_id=org_of(session),
        id=row,
        ehr_id=ehr_id or f"slot-{row.hex}",
        schedule="sched-okafor",
        practitioner="Dr. Okafor",
        start_at=start,
        end_at=start + timedelta(minutes=30),
        status=status,
        ehr_version="1",
        ehr_read_at=machine(),
    )
    return _added(session, slot)


def an_appointment(
    session: Session,
    patient: Patient,
    *,
    status: str = "noshow",
    start: datetime = MONDAY_NOON,
    ehr_id: str | None = None,
    **facts: Any,
) -> Appointment:
    """Half an hour with one practitioner; `facts` are columns of `appointments`."""
    row = new_id(session)
    usual: dict[str, Any] = {
        "ehr_id": ehr_id or f"apt-{row.hex}",
        "patient_id": patient.id,
        "status": status,
        "start_at": start,
        "end_at": start + timedelta(minutes=30),
        "kind": "follow-up",
        "practitioner": "Dr. Okafor",
        "location": "loc-main",
        "ehr_version": "1",
        "ehr_read_at": machine(),
    }
    return _added(session, Appointment(org_id=org_of(session), id=row, **(usual | facts)))


def _added(session: Session, row: AnyRow) -> AnyRow:
    session.add(row)
    session.flush()
    return row
