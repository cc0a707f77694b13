"""All that a person needs to know to act on one case, opened for the signed-in page alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, messages, numbers
from storage.db import now, org_of, vault
from storage.tables import (
    Appointment,
    Case,
    CaseEvent,
    Decision,
    Message,
    Patient,
    PhoneNumber,
    Staff,
    Team,
)
from workflows import cases, corrections, judging, staff, surroundings, talks
from workflows.corrections import Standing
from workflows.roles import Verb, demand
from workflows.staff import Who

MOST_MESSAGES = 200
MOST_LINES = 200
NOT_A_VISIT = ("cancelled", "entered-in-error")


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is about; `age` in full years."""

    name: str = field(repr=False)
    age: int | None
    language: str
    contactable: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """The number texts of this case go to, E.164."""

    e164: str = field(repr=False)
    opted_out: bool
    textable: str


@dataclass(frozen=True, slots=True)
class Said:
    """One text of the conversation; `asks` marks the one that this case is about."""

    id: UUID
    inbound: bool
    by: str | None
    body: str = field(repr=False)
    at: datetime
    state: str
    rule: str | None
    hold_until: datetime | None
    segments: int
    asks: bool
    of_case: bool
    purpose: str
    read_as: Standing | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One case event, in codes, and who did it (or got it)."""

    at: datetime
    what: str
    staff: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case as it is now. `ledger` holds its enrollment's lines, or its own when it has none; the newest, oldest first."""

    case: Case
    team: Team
    person: Person | None
    phone: Phone | None
    talk: tuple[Said, ...]
    events: tuple[Happened, ...]
    last_visit: Appointment | None
    next_visit: Appointment | None
    ledger: Sequence[Decision]
    note: str | None = field(repr=False)
    hindrance: str | None


def load(session: Session, case_id: UUID, *, who: Who) -> CaseFile:
    """Open the whole file, and write down that this person saw it. Refused for a role that reads no cases."""
    demand(who.role, Verb.READ_CASE)
    case = cases.get(session, case_id)
    audit.record(session, "case.viewed", actor=who.actor, subject=("case", show("cas", case.id)))
    patient = _patient(session, case)
    names = _names(session)
    last, coming = visits_of(session, patient)
    return CaseFile(
        case=case,
        team=session.scalars(select(Team).where(Team.org_id == case.org_id, Team.id == case.team_id)).one(),
        person=person_of(session, patient),
        phone=_phone(session, case),
        talk=_talk(session, case, names),
        events=_events(session, case, names),
        last_visit=last,
        next_visit=coming,
        ledger=_ledger(session, case),
        note=vault(session).open(case.note, "cases.note", case.id) if case.note else None,
        hindrance=hindrance(session, case, who=who),
    )


def hindrance(session: Session, case: Case, *, who: Who) -> str | None:
    """Why role or team keep this person from acting, None when nothing does: a page offers only what would be taken."""
    try:
        staff.demand_work(session, who, case)
    except Refused as refusal:
        return refusal.say
    return None


def _patient(session: Session, case: Case) -> Patient | None:
    if case.patient_id is None:
        return None
    return session.scalar(select(Patient).where(Patient.org_id == case.org_id, Patient.id == case.patient_id))


def _names(session: Session) -> dict[UUID, str]:
    found = select(Staff.id, Staff.name).where(Staff.org_id == org_of(session))
    return {row.id: row.name for row in session.execute(found)}


def person_of(session: Session, patient: Patient | None) -> Person | None:
    """Who it is, opened; None for nobody."""
    if patient is None:
        return None
    keys = vault(session)
    given = keys.open(patient.given, "patients.given", patient.id)
    family = keys.open(patient.family, "patients.family", patient.id)
    born = keys.open(patient.birth_date, "patients.birth_date", patient.id) if patient.birth_date else None
    return Person(
        name=f"{given} {family}",
        age=_age(session, born),
        language=patient.language,
        contactable=judging.contactable(patient),
    )


def _age(session: Session, born: str | None) -> int | None:
    if born is None:
        return None
    day = date.fromisoformat(born)
    today = now(session).astimezone(ZoneInfo(surroundings.organisation_of(session).zone)).date()
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _phone(session: Session, case: Case) -> Phone | None:
    number: PhoneNumber | None = None
    if case.number_id is not None:
        number = session.scalar(
            select(PhoneNumber).where(PhoneNumber.org_id == case.org_id, PhoneNumber.id == case.number_id)
        )
    elif case.patient_id is not None:
        number = next(iter(numbers.of_patient(session, case.patient_id)), None)
    if number is None:
        return None
    out = bool(numbers.suppressed(session, [number.id]))
    return Phone(numbers.clear(session, number), opted_out=out, textable=number.textable)


def _talk(session: Session, case: Case, names: dict[UUID, str]) -> tuple[Said, ...]:
    """The whole conversation, newest 200, oldest first, each text from outside with what it was read as."""
    found = (
        select(Message)
        .where(Message.org_id == case.org_id, talks.of_case(case))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    texts = list(reversed(list(session.scalars(found))))
    read = corrections.standings(session, [text.id for text in texts if text.direction == "in"])
    return tuple(_said(session, text, case, names, read_as=read.get(text.id)) for text in texts)


def _said(session: Session, text: Message, case: Case, names: dict[UUID, str], *, read_as: Standing | None) -> Said:
    return Said(
        id=text.id,
        inbound=text.direction == "in",
        by=names.get(text.staff_id) if text.staff_id else None,
        body=messages.body(session, text),
        at=text.sent_at or text.created_at,
        state=text.state,
        rule=text.rule,
        hold_until=text.hold_until,
        segments=text.segments,
        asks=text.id == case.message_id,
        of_case=text.case_id == case.id,
        purpose=text.purpose,
        read_as=read_as,
    )


def _events(session: Session, case: Case, names: dict[UUID, str]) -> tuple[Happened, ...]:
    found = select(CaseEvent).where(CaseEvent.org_id == case.org_id, CaseEvent.case_id == case.id)
    rows = session.scalars(found.order_by(CaseEvent.id))
    return tuple(Happened(e.at, e.what, names.get(e.staff_id) if e.staff_id else None, e.detail) for e in rows)


def visits_of(session: Session, patient: Patient | None) -> tuple[Appointment | None, Appointment | None]:
    """The newest visit that was due before now, kept or missed, and the first one booked after it."""
    if patient is None:
        return None, None
    theirs = (Appointment.org_id == patient.org_id, Appointment.patient_id == patient.id)
    before = select(Appointment).where(
        *theirs, Appointment.start_at <= now(session), Appointment.status.not_in(NOT_A_VISIT)
    )
    after = select(Appointment).where(*theirs, Appointment.start_at > now(session), Appointment.status == "booked")
    return (
        session.scalar(before.order_by(Appointment.start_at.desc()).limit(1)),
        session.scalar(after.order_by(Appointment.start_at).limit(1)),
    )


def _ledger(session: Session, case: Case) -> Sequence[Decision]:
    about = Decision.enrollment_id == case.enrollment_id if case.enrollment_id else Decision.case_id == case.id
    found = select(Decision).where(Decision.org_id == case.org_id, about).order_by(Decision.id.desc()).limit(MOST_LINES)
    return list(reversed(list(session.scalars(found))))
