"""Who may be written to in a patient's place: named, with a relation and a scope, at one number, for a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger, messages, numbers, outbox
from storage.arrays import among
from storage.db import new_id, now, org_of, vault
from storage.outbox import Topic
from storage.tables import Patient, PhoneNumber, Proxy
from workflows import cases, enrollments, surroundings
from workflows.effects import Event, EventKind

ADULT = 18
GUARDIAN = "guardian"
RELATIONS = (GUARDIAN, "spouse", "child", "caregiver", "other")
SCOPES = ("all", "visits")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a proxy may be told now. `scope` visits: appointments only."""

    relation: str
    scope: str
    live: bool


def name(
    session: Session, patient_id: UUID, number: PhoneNumber, *, person: str, relation: str, scope: str, source: str
) -> Proxy:
    """Put a proxy on file; one who was there for this number before is replaced. Refused for a relation or scope we do not know."""
    if relation not in RELATIONS or scope not in SCOPES or not person.strip():
        raise Refused(f"A proxy needs a name, a relation ({', '.join(RELATIONS)}) and a scope ({', '.join(SCOPES)}).")
    withdraw(session, patient_id, number.id, reason="replaced")
    row = new_id(session)
    made = Proxy(
        org_id=org_of(session), id=row, patient_id=patient_id, number_id=number.id, relation=relation, scope=scope,
        person=vault(session).seal(person, "proxies.person", row), source=source, since=now(session),
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, "proxy.named", actor=source, subject=("patient", show("pat", patient_id)), relation=relation)
    return made


def withdraw(session: Session, patient_id: UUID, number_id: UUID, *, reason: str) -> None:
    """This number is no proxy of the patient any more."""
    session.execute(
        update(Proxy)
        .where(
            Proxy.org_id == org_of(session), Proxy.patient_id == patient_id, Proxy.number_id == number_id,
            Proxy.until.is_(None),
        )
        .values(until=now(session), ended_for=reason)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def numbers_of(session: Session, patient_id: UUID) -> list[PhoneNumber]:
    """The numbers of a patient's live proxies, the guardian's first."""
    found = (
        select(PhoneNumber)
        .join(Proxy, (Proxy.org_id == PhoneNumber.org_id) & (Proxy.number_id == PhoneNumber.id))
        .where(Proxy.org_id == org_of(session), Proxy.patient_id == patient_id, Proxy.until.is_(None))
        .order_by(Proxy.relation != GUARDIAN, Proxy.id)
    )
    return list(session.scalars(found))


def reachable_at(session: Session, patient_id: UUID) -> list[PhoneNumber]:
    """Where to write about a patient, best first: their own numbers, then their proxies'; a child's guardian before both."""
    own, others = numbers.of_patient(session, patient_id), numbers_of(session, patient_id)
    patient = session.scalar(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id))
    if not others or patient is None:
        return own
    return own + others if of_age(session, patient) else others + own


def standings(session: Session, pairs: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Standing]:
    """For each (patient, number) that is or was a proxy's: how they stand, the live one first. One query."""
    wanted = list(pairs)
    if not wanted:
        return {}
    found = select(Proxy).where(
        Proxy.org_id == org_of(session),
        among(Proxy.patient_id, {patient for patient, _ in wanted}),
        among(Proxy.number_id, {number for _, number in wanted}),
    )
    known: dict[tuple[UUID, UUID], Standing] = {}
    for row in session.scalars(found.order_by(Proxy.until.desc().nulls_last(), Proxy.id)):
        known[row.patient_id, row.number_id] = Standing(row.relation, row.scope, row.until is None)
    return {pair: known[pair] for pair in wanted if pair in known}


def objection(standing: Standing | None, *, of_age: bool, confidential: bool, about_visit: bool) -> str | None:
    """Why a text may not go to the person at this number, None when it may: it is the patient's own, or they are listed for it.

    A guardian gets a child's texts except on confidential matters, and none from the 18th birthday on.
    """
    if standing is None:
        return None
    if not standing.live:
        return "ended"
    if standing.relation == GUARDIAN and of_age:
        return "came_of_age"
    if confidential:
        return "confidential"
    return None if standing.scope == "all" or about_visit else "out_of_scope"


def of_age(session: Session, patient: Patient) -> bool:
    """Whether the patient is 18 today, where the organisation is; an unknown birth date counts as grown up."""
    at = now(session).astimezone(ZoneInfo(surroundings.organisation_of(session).zone)).date()
    if patient.birth_year is None or at.year - patient.birth_year > ADULT:
        return True
    if at.year - patient.birth_year < ADULT or patient.birth_date is None:
        return at.year - patient.birth_year >= ADULT
    born = date.fromisoformat(vault(session).open(patient.birth_date, "patients.birth_date", patient.id))
    return at >= first_day_of_age(born)


def come_of_age(session: Session) -> int:
    """Daily: guardians of those who turned 18 get no more texts, and a person asks the patient for their own consent. How many."""
    found = (
        select(Proxy, Patient)
        .join(Patient, (Patient.org_id == Proxy.org_id) & (Patient.id == Proxy.patient_id))
        .where(
            Proxy.org_id == org_of(session),
            Proxy.relation == GUARDIAN,
            Proxy.until.is_(None),
            or_(Patient.birth_year.is_(None), Patient.birth_year <= now(session).year - ADULT),
        )
    )
    grown = [(proxy, patient) for proxy, patient in session.execute(found) if of_age(session, patient)]
    for proxy, patient in grown:
        proxy.until, proxy.ended_for = now(session), "came_of_age"
        session.flush()
        _hand_over(session, proxy, patient)
    return len(grown)


def _hand_over(session: Session, proxy: Proxy, patient: Patient) -> None:
    rule = "proxy.came_of_age"
    theirs = enrollments.live_of(session, patient_id=patient.id)
    there = set(enrollments.live_of(session, number_id=proxy.number_id))
    ending = [enrollment for enrollment in theirs if enrollment in there]
    gone = messages.cancel_planned(session, enrollment_ids=ending, rule=rule) if ending else []
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    for enrollment_id in ending:
        enrollments.hear(session, enrollment_id, Event(EventKind.TOUCH_FAILED, name=rule))
    ledger.write(session, [ledger.Line("stopped", rule, None, None, None, proxy.number_id)])
    cases.open_one(
        session,
        cases.Opening(
            kind="admin", team="front_office", reason="came_of_age", due="1 business day",
            dedupe_key=f"of_age:{patient.id}", patient_id=patient.id,
        ),
    )  # fmt: skip


def first_day_of_age(born: date) -> date:
    """The 18th birthday; somebody born on February 29 has it on March 1."""
    try:
        return born.replace(year=born.year + ADULT)
    except ValueError:
        return date(born.year + ADULT, 3, 1)


def patients_of(session: Session, number_id: UUID) -> list[Patient]:
    """Those for whom the person at this number may be written to now."""
    found = (
        select(Patient)
        .join(Proxy, (Proxy.org_id == Patient.org_id) & (Proxy.patient_id == Patient.id))
        .where(Proxy.org_id == org_of(session), Proxy.number_id == number_id, Proxy.until.is_(None), Patient.active)
        .order_by(Patient.id)
    )
    return list(session.scalars(found))


def is_stranger(session: Session, patient: Patient | None, number_id: UUID, *, intents: Sequence[str]) -> bool:
    """Whether somebody writes in the patient's place whom nobody has listed: they get no detail, a person reads it."""
    if patient is None or "proxy" not in intents:
        return False
    standing = standings(session, [(patient.id, number_id)]).get((patient.id, number_id))
    return standing is None or not standing.live
