"""Single facts of a card that take a look at the database: who it is about, which call is next, who was paged."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import times
from bot.cards.view import PhiLevel, PhiView
from storage import messages
from storage.db import now, vault
from storage.tables import Appointment, Case, CaseEvent, Enrollment, Organisation, Patient, Slot
from storage.tables import Message as Text
from workflows import cases, paging

CALL_LOGGED = "call_logged"
ATTEMPTS = 3
"""Calls before somebody who does not answer counts as not reached."""

CALLED = {"dm": "message", "text": "text"}
MOST_CALLS = 8


def attempt(session: Session, case: Case) -> str | None:
    """ "2 of 3": which call is next, by what was logged on the case."""
    if case.kind not in cases.CALLS or case.state == "closed":
        return None
    logged = select(func.count()).where(
        CaseEvent.org_id == case.org_id, CaseEvent.case_id == case.id, CaseEvent.what == CALL_LOGGED
    )
    made = session.scalar(logged) or 0
    return f"{made + 1} of {ATTEMPTS}" if made < ATTEMPTS else f"{made} made, {ATTEMPTS} are enough: close it"


def paged(session: Session, case: Case, zone: ZoneInfo) -> str | None:
    """ "Rosa Lima 9:14 am (message), 9:17 am (text); Li Wen 9:20 am (message)": the newest eight calls."""
    made = paging.calls(session, case)[-MOST_CALLS:]
    people: dict[str, list[str]] = {}
    for who, via, at in made:
        people.setdefault(who, []).append(f"{times.moment_near(at, zone, now=now(session))} ({CALLED[via]})")
    return "; ".join(f"{who} {', '.join(when)}" for who, when in people.items()) or None


def phi(session: Session, case: Case, organisation: Organisation) -> PhiView | None:
    """The patient as the organisation's level lets Slack see them; None at none."""
    if organisation.phi_level == "none" or case.patient_id is None:
        return None
    patient = session.scalars(select(Patient).where(Patient.org_id == case.org_id, Patient.id == case.patient_id)).one()
    keys = vault(session)
    given = keys.open(patient.given, "patients.given", patient.id)
    family = keys.open(patient.family, "patients.family", patient.id)
    level = PhiLevel(organisation.phi_level)
    return PhiView(
        level=level,
        initials=f"{given[:1]}{family[:1]}",
        age_band=age_band(patient.birth_year, now(session)),
        name=f"{given} {family}" if level is PhiLevel.FULL else None,
        body=_body(session, case) if level is PhiLevel.FULL else None,
        **_visit(session, case, ZoneInfo(organisation.zone), full=level is PhiLevel.FULL),
    )


def _visit(session: Session, case: Case, zone: ZoneInfo, *, full: bool) -> dict[str, str]:
    """The visit that a low score is about: {} where none is known."""
    if case.kind != "low_score" or case.enrollment_id is None:
        return {}
    about = select(Appointment).join(
        Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id)
    )
    visit = session.scalar(about.where(Appointment.org_id == case.org_id, Enrollment.id == case.enrollment_id))
    if visit is None or visit.start_at is None:
        return {}
    at = times.moment(visit.start_at, zone)
    seen = {"visit_day": at.partition(", ")[0]}
    named = select(func.max(Slot.practitioner_name)).where(
        Slot.org_id == case.org_id, Slot.practitioner == visit.practitioner
    )
    who = session.scalar(named) if full else None
    return seen | ({"visit": f"{at} with {who}" if who else at} if full else {})


def _body(session: Session, case: Case) -> str | None:
    if case.message_id is None:
        return None
    text = session.scalar(select(Text).where(Text.org_id == case.org_id, Text.id == case.message_id))
    return messages.body(session, text) if text else None


def age_band(birth_year: int | None, at: datetime) -> str | None:
    """How old, as roughly as Slack may see at level initials."""
    if birth_year is None:
        return None
    age = at.year - birth_year
    bands = ((18, "under 18"), (35, "18–34"), (50, "35–49"), (65, "50–64"), (80, "65–79"))
    return next((band for limit, band in bands if age < limit), "80 or older")
