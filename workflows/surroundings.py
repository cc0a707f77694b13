"""What an enrollment's next step depends on besides itself, loaded for a whole batch in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.arrays import among
from storage.db import org_of, vault
from storage.tables import Appointment, Conversation, Enrollment, Organisation, Patient, PhoneNumber, Site
from workflows import going_by, publishing, windows
from workflows.effects import Facts
from workflows.places import Where
from workflows.programs.model import Program

T = TypeVar("T", Patient, PhoneNumber, Appointment)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One enrollment's program, patient, number and place."""

    program: Program
    organisation: Organisation
    patient: Patient
    number: PhoneNumber | None
    appointment: Appointment | None
    conversation_id: UUID | None
    where: Where
    going_by: going_by.GoingBy
    told_at: datetime | None = None

    @property
    def facts(self) -> Facts:
        """For the engine, as they were when the batch was loaded."""
        known = self.going_by
        return Facts(
            appointment_at=self.appointment.start_at if self.appointment else None,
            next_open=lambda after, days: windows.next_day_open(self.where, after, days),
            next_business=lambda after, days: windows.next_business_open(self.where, after, days),
            discharge_at=known.discharge_at,
            due_at=known.due_at,
            trigger_at=known.trigger_at,
            answers=known.answers,
            known=known.facts,
            delivered_at=known.delivered_at,
            settles_at=known.settles_at,
            told_at=self.told_at,
        )

    @property
    def sender(self) -> str:
        """The name that stands first: the brand, or the organisation's neutral one where the brand would tell too much (P7)."""
        neutral = self.organisation.settings.get("sending", {}).get("neutral_sender")
        return neutral if neutral and self.is_protected else self.organisation.brand

    @property
    def is_protected(self) -> bool:
        """Whether this is about something that 42 CFR Part 2 or a like rule protects."""
        return bool(self.patient.sensitive or self.program.sensitive)

    @property
    def zone(self) -> str:
        """The likeliest zone of the patient: for days and for words."""
        return windows.zones(self.where)[0]


def load(session: Session, enrollments: Sequence[Enrollment]) -> dict[UUID, Surroundings]:
    """By enrollment id; a handful of queries however many there are."""
    organisation = organisation_of(session)
    programs = publishing.snapshots(session, {e.version_id for e in enrollments})
    patients = _by_id(session, Patient, {e.patient_id for e in enrollments})
    phones = _by_id(session, PhoneNumber, {e.number_id for e in enrollments if e.number_id})
    visits = _by_id(session, Appointment, {e.appointment_id for e in enrollments if e.appointment_id})
    talks = _conversations(session, {e.patient_id: e.number_id for e in enrollments})
    site = _site_zone(session, organisation)
    known = going_by.load(session, enrollments, programs, patients=patients, visits=visits)
    return {
        e.id: Surroundings(
            program=programs[e.version_id],
            organisation=organisation,
            patient=patients[e.patient_id],
            number=phones.get(e.number_id) if e.number_id else None,
            appointment=visits.get(e.appointment_id) if e.appointment_id else None,
            conversation_id=talks.get(e.patient_id),
            where=place(
                session, patients[e.patient_id], phones.get(e.number_id) if e.number_id else None, site_zone=site
            ),
            going_by=known[e.id],
            told_at=e.started_at if _booked_here(e, visits) else None,
        )
        for e in enrollments
    }


def _booked_here(enrollment: Enrollment, visits: dict[UUID, Appointment]) -> bool:
    """Whether we booked its visit, and so confirmed the time to the patient by text."""
    visit = visits.get(enrollment.appointment_id) if enrollment.appointment_id else None
    return visit is not None and bool(visit.booked_by_case or visit.booked_by_enrollment)


def organisation_of(session: Session) -> Organisation:
    """The organisation's own row, once a transaction."""
    known: Organisation | None = session.info.get("organisation")
    if known is None:
        known = session.scalars(select(Organisation).where(Organisation.org_id == org_of(session))).one()
        session.info["organisation"] = known
    return known


def place(
    session: Session, patient: Patient | None, number: PhoneNumber | None, *, site_zone: str | None = None
) -> Where:
    """Where the patient may be, for quiet hours; the number and the ZIP are opened for this alone."""
    keys = vault(session)
    site_zone = site_zone or _site_zone(session, organisation_of(session))
    e164 = keys.open(number.e164, "phone_numbers.e164", number.id) if number else ""
    if patient is None:
        return Where(stated_zone=None, zip=None, state=None, site_zone=site_zone, number=e164)
    code = keys.open(patient.zip, "patients.zip", patient.id) if patient.zip else None
    return Where(stated_zone=patient.stated_zone, zip=code, state=patient.state, site_zone=site_zone, number=e164)


def wake_local(at: datetime | None, zone: str, *, now: datetime) -> str | None:
    """The wall clock that a wait longer than a day means, kept beside its UTC instant."""
    if at is None or (at - now).total_seconds() <= 86400:
        return None

    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def _by_id(session: Session, table: type[T], ids: set[UUID]) -> dict[UUID, T]:
    if not ids:
        return {}
    found = select(table).where(table.org_id == org_of(session), among(table.id, ids))
    return {row.id: row for row in session.scalars(found)}


def _site_zone(session: Session, organisation: Organisation) -> str:
    if "site_zone" not in session.info:
        first = select(Site.zone).where(Site.org_id == org_of(session)).order_by(Site.id).limit(1)
        session.info["site_zone"] = session.scalar(first) or organisation.zone
    zone: str = session.info["site_zone"]
    return zone


def _conversations(session: Session, numbers: dict[UUID, UUID | None]) -> dict[UUID, UUID]:
    """Each patient's conversation; those who have none yet get one."""
    if not numbers:
        return {}
    found = select(Conversation.patient_id, Conversation.id).where(
        Conversation.org_id == org_of(session), among(Conversation.patient_id, numbers)
    )
    known = {row.patient_id: row.id for row in session.execute(found) if row.patient_id}
    missing = [p for p in numbers if p not in known]
    if missing:
        rows = [{"org_id": org_of(session), "patient_id": p, "number_id": numbers[p]} for p in missing]
        session.execute(insert(Conversation).on_conflict_do_nothing(), rows)
        known |= {row.patient_id: row.id for row in session.execute(found) if row.patient_id}
    return known
