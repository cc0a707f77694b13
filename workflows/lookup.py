"""Finding a patient while she is on the phone: by keyed hashes alone, and her history in codes. What was typed is kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, numbers
from storage.db import org_of, vault
from storage.tables import (
    Appointment,
    Case,
    Enrollment,
    Message,
    Patient,
    PatientNumber,
    PhoneNumber,
    ProgramRow,
    Staff,
)
from workflows import casefile, outlook
from workflows.casefile import Person
from workflows.cohorts.matching import phone_of
from workflows.roles import TABLE, Verb
from workflows.staff import Who

MOST, TEXTS, CASES, PROGRAMS = 10, 5, 5, 8
DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m%d%Y")
NOT_YOURS = "Your role cannot look up patients. Nothing was looked up. A manager can change your role."
ASK = "Give the last name and the birth date, or a phone number, or an MRN. Nothing was looked up."
NOBODY = "There is no such patient here. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed; everything given must fit. No repr: it names somebody."""

    family: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    mrn: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """One patient found. `birth_year` is for an age band."""

    id: UUID
    given: str = field(repr=False)
    family: str = field(repr=False)
    birth_year: int | None
    contactable: bool

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given} {self.family}"

    @property
    def initials(self) -> str:
        """The first letters."""
        return f"{self.given[:1]}{self.family[:1]}"


@dataclass(frozen=True, slots=True)
class Running:
    """A program that has not ended; `next_text` is a sentence with the rule that sets the time."""

    id: UUID
    title: str
    state: str
    wake_at: datetime | None
    next_text: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One open case of hers."""

    number: int
    kind: str
    due_at: datetime
    owner: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """Her history: visits, what runs, the last texts' fates (without their words), open cases."""

    hit: Hit
    person: Person
    numbers: int
    stopped: bool
    last_visit: Appointment | None
    next_visit: Appointment | None
    running: Sequence[Running]
    texts: Sequence[Message]
    cases: Sequence[OpenCase]


def allowed(who: Who) -> None:
    """Refused for a role that does not work with patients."""
    if Verb.WORK_CASE not in TABLE[who.role]:
        raise Refused(NOT_YOURS)


def search(session: Session, asked: Asked, *, by: Who) -> list[Hit]:
    """At most MOST + 1 patients whom everything given fits; audited with how it was asked and how many were found."""
    allowed(by)
    where, how = _criteria(session, asked)
    found = select(Patient).where(Patient.org_id == org_of(session), *where).order_by(Patient.id).limit(MOST + 1)
    rows = [_hit(session, row) for row in session.scalars(found)]
    audit.record(
        session, "patient.searched", actor=by.actor, subject=("organisation", org_of(session)), by=how, found=len(rows)
    )
    return rows


def see(session: Session, patient_id: UUID, *, by: Who) -> Found:
    """Her history, and that this person saw it."""
    allowed(by)
    row = patient(session, patient_id)
    person = casefile.person_of(session, row)
    if person is None:
        raise Refused(NOBODY)
    audit.record(session, "patient.viewed", actor=by.actor, subject=("patient", show("pat", row.id)))
    last, coming = casefile.visits_of(session, row)
    held = [number.id for number in numbers.of_patient(session, row.id)]
    return Found(
        hit=_hit(session, row),
        person=person,
        numbers=len(held),
        stopped=bool(held) and numbers.suppressed(session, held) == set(held),
        last_visit=last,
        next_visit=coming,
        running=running(session, row.id),
        texts=_texts(session, row),
        cases=_cases(session, row),
    )


def patient(session: Session, patient_id: UUID) -> Patient:
    """The row; Refused when there is none in this organisation."""
    row = session.scalar(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id))
    if row is None:
        raise Refused(NOBODY)
    return row


def _criteria(session: Session, asked: Asked) -> tuple[list[ColumnElement[bool]], str]:
    keys = vault(session)
    family = " ".join(asked.family.replace("\0", "").split())
    mrn = asked.mrn.replace("\0", "").strip()
    where: list[ColumnElement[bool]] = []
    how: list[str] = []
    if bool(family) != bool(asked.born.strip()):
        raise Refused(ASK)
    if family:
        named = f"{family.casefold()} {_day(asked.born).isoformat()}"
        where.append(Patient.name_birth_hash.in_(keys.lookups("name_birth", named)))
        how.append("name_birth")
    if asked.phone.strip():
        where.append(_at_number(session, asked.phone))
        how.append("phone")
    if mrn:
        where.append(Patient.mrn_hash.in_(keys.lookups("mrn", mrn)))
        how.append("mrn")
    if not where:
        raise Refused(ASK)
    return where, "+".join(how)


def number_in(typed: str) -> str:
    """E.164 of what was typed; Refused with how to type it."""
    e164 = phone_of(typed.replace("\0", "").strip(), "US")
    if e164 is None:
        raise Refused("That is no phone number. Type it with its area code, like 312 555 0142. Nothing was changed.")
    return e164


def _at_number(session: Session, typed: str) -> ColumnElement[bool]:
    hashes = vault(session).lookups("phone", number_in(typed))
    return exists().where(
        PatientNumber.org_id == Patient.org_id,
        PatientNumber.patient_id == Patient.id,
        PhoneNumber.org_id == PatientNumber.org_id,
        PhoneNumber.id == PatientNumber.number_id,
        PhoneNumber.e164_hash.in_(hashes),
    )


def _day(typed: str) -> date:
    for form in DAYS:
        try:
            return datetime.strptime(typed.strip(), form).date()  # noqa: DTZ007 - a birth date has no zone
        except ValueError:
            continue
    raise Refused("That is no birth date. Type it like 4/12/1961. Nothing was looked up.")


def _hit(session: Session, row: Patient) -> Hit:
    keys = vault(session)
    return Hit(
        id=row.id,
        given=keys.open(row.given, "patients.given", row.id),
        family=keys.open(row.family, "patients.family", row.id),
        birth_year=row.birth_year,
        contactable=row.active and not row.deceased and not row.do_not_contact,
    )


def running(session: Session, patient_id: UUID) -> list[Running]:
    """What has not ended for her, oldest first."""
    found = (
        select(Enrollment.id, ProgramRow.title, Enrollment.state, Enrollment.wake_at)
        .join(ProgramRow, (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Enrollment.org_id == org_of(session), Enrollment.patient_id == patient_id, Enrollment.state != "ended")
        .order_by(Enrollment.started_at, Enrollment.id)
        .limit(PROGRAMS)
    )
    made = []
    for one in session.execute(found).all():
        ahead = None if one.state == "paused" else outlook.of_enrollment(session, one.id)
        made.append(Running(one.id, one.title, one.state, one.wake_at, ahead.words if ahead else ""))
    return made


def _texts(session: Session, row: Patient) -> list[Message]:
    found = select(Message).where(Message.org_id == row.org_id, Message.patient_id == row.id)
    return list(session.scalars(found.order_by(Message.created_at.desc(), Message.id.desc()).limit(TEXTS)))


def _cases(session: Session, row: Patient) -> list[OpenCase]:
    found = (
        select(Case.number, Case.kind, Case.due_at, Staff.name)
        .outerjoin(Staff, (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id))
        .where(Case.org_id == row.org_id, Case.patient_id == row.id, Case.state != "closed")
        .order_by(Case.due_at, Case.id)
        .limit(CASES)
    )
    return [OpenCase(one.number, one.kind, one.due_at, one.name) for one in session.execute(found)]
