"""Rows that figures are counted from, made by hand: each names only what its test is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import new_id, org_of
from storage.tables import (
    Case,
    CaseEvent,
    Conversation,
    Enrollment,
    EnrollmentStep,
    Message,
    Patient,
    PhoneNumber,
    ProgramRow,
    ProgramVersion,
    ReadingRow,
    Row,
    Suppression,
    Team,
)
from storage.tables import PatientNumber as Theirs
from tests import factories

HOME = ZoneInfo(factories.ZONE)
AnyRow = TypeVar("AnyRow", bound=Row)


def at(said: str) -> datetime:
    """ "11-09 08:30" on the clinic's wall clock, of 2026."""
    return datetime.strptime(f"2026-{said}", "%Y-%m-%d %H:%M").replace(tzinfo=HOME).astimezone(UTC)


def patients(session: Session, count: int) -> list[Patient]:
    """So many people, each with a number of their own."""
    known = session.query(PhoneNumber).count()
    return [
        factories.a_patient(session, phone=f"+1312555{1000 + known + n}", family=f"Person{known + n}")
        for n in range(count)
    ]


def number_of(session: Session, patient: Patient) -> UUID:
    return session.scalars(select(Theirs.number_id).where(Theirs.patient_id == patient.id)).one()


def a_run(
    session: Session, patient: Patient, *, program: str = "no_show", started: datetime, **facts: Any
) -> Enrollment:
    """An enrollment in a program's live version; `facts` are its columns."""
    row = session.scalars(select(ProgramRow).where(ProgramRow.code == program)).one()
    version = session.scalars(
        select(ProgramVersion).where(ProgramVersion.program_id == row.id).order_by(ProgramVersion.number.desc())
    ).first()
    assert version is not None
    usual: dict[str, Any] = {"state": "active", "owner": "ehr", "source": "ehr", "version_id": version.id}
    usual["number_id"] = number_of(session, patient)
    return _added(
        session,
        Enrollment(
            org_id=org_of(session), id=new_id(session), program_id=row.id, patient_id=patient.id, started_at=started,
            **(usual | facts),
        ),
    )  # fmt: skip


def a_text(
    session: Session, run: Enrollment, *, sent: datetime, step: str = "first", state: str = "delivered", **facts: Any
) -> Message:
    """A text out, taken by the provider."""
    usual: dict[str, Any] = {
        "purpose": "program",
        "step": step,
        "sent_at": sent,
        "state_at": sent,
        "provider_sid": f"SM{new_id(session).hex}",
    }
    return _message(session, run, "out", state, sent, usual | facts)


def a_reply(
    session: Session, run: Enrollment, *, when: datetime, objection: str | None = None, **facts: Any
) -> Message:
    """A text in, read as an answer."""
    made = _message(session, run, "in", "received", when, {"purpose": "inbound", "state_at": when} | facts)
    row = new_id(session)
    _added(
        session,
        ReadingRow(
            org_id=org_of(session), id=row, message_id=made.id, engine="rules-1", intents=["ready"], urgency="routine", confidence=1.0,
            review=False, opt_out=False, objection=objection, evidence=b"", read_at=when,
        ),
    )  # fmt: skip
    return made


def a_step(session: Session, run: Enrollment, step: str, *, entered: datetime, left: datetime | None = None) -> None:
    _added(
        session,
        EnrollmentStep(org_id=org_of(session), enrollment_id=run.id, step=step, entered_at=entered, left_at=left),
    )


def a_case(
    session: Session,
    *,
    opened: datetime,
    due: datetime,
    events: Sequence[tuple[str, datetime]] = (),
    team: str = "patient_access",
    by: UUID | None = None,
    **facts: Any,
) -> Case:
    """A case with its story; its columns follow from the events, unless `facts` say otherwise."""
    found = session.scalars(select(Team).where(Team.code == team)).one()
    usual: dict[str, Any] = {"kind": "reschedule", "priority": "normal", "reason": "reply", "state": "open"}
    for what, when in events:
        if what == "claimed":
            usual |= {"claimed_at": when, "state": "claimed"}
        if what == "closed":
            usual |= {"closed_at": when, "state": "closed", "disposition": "resolved"}
        if what == "reopened":
            usual |= {"closed_at": None, "claimed_at": None, "state": "open", "disposition": None}
    row = new_id(session)
    case = _added(
        session,
        Case(
            org_id=org_of(session), id=row, dedupe_key=f"test:{row}", team_id=found.id, opened_at=opened, due_at=due, **(usual | facts)
        ),
    )  # fmt: skip
    for what, when in (("opened", opened), *events):
        name, _, detail = what.partition(" ")
        _added(
            session,
            CaseEvent(org_id=org_of(session), case_id=row, what=name, at=when, detail=detail or None, staff_id=by),
        )
    return case


def a_stop(session: Session, number_id: UUID, *, since: datetime, source: str = "keyword") -> None:
    _added(
        session,
        Suppression(org_id=org_of(session), id=new_id(session), number_id=number_id, source=source, since=since),
    )


def after(start: datetime, **span: float) -> datetime:
    return start + timedelta(**span)


def _message(session: Session, run: Enrollment, way: str, state: str, when: datetime, facts: dict[str, Any]) -> Message:
    row = new_id(session)
    talk = session.scalars(select(Conversation).where(Conversation.patient_id == run.patient_id)).first()
    if talk is None:
        talk = _added(session, Conversation(org_id=org_of(session), id=new_id(session), patient_id=run.patient_id))
    return _added(
        session,
        Message(
            org_id=org_of(session), id=row, conversation_id=talk.id, number_id=run.number_id, patient_id=run.patient_id,
            enrollment_id=run.id, direction=way, dedupe_key=f"test:{row}", body=b"", state=state, created_at=when, **facts,
        ),
    )  # fmt: skip


def _added(session: Session, row: AnyRow) -> AnyRow:
    session.add(row)
    session.flush()
    return row
