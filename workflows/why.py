"""The story of one enrollment, from what was written down as it happened: triggers, decisions, messages, readings, cases, writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import visits
from storage.db import org_of
from storage.tables import (
    Attempt,
    Case,
    CaseEvent,
    Decision,
    EhrLink,
    Enrollment,
    Message,
    ProgramRow,
    ProgramVersion,
    ReadingRow,
    TriggerEvent,
)

SHOWN = frozenset(
    {"reason", "population", "appointment", "encounter", "schedule", "instructions", "provider", "payer", "account", "plan",
     "tags", "discharge_at", "due_at"}
)  # fmt: skip
"""Of a trigger's context: business, never what was wrong with the patient."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when (business time, UTC), what kind of thing, what happened, and its codes."""

    at: datetime
    kind: str
    what: str
    detail: dict[str, Any]


def of_enrollment(session: Session, enrollment_id: UUID) -> list[Entry]:
    """Everything about one enrollment in order; ids and codes only, never the patient's words or number."""
    row = session.scalar(select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id))
    if row is None:
        raise Refused("There is no such enrollment here.")
    entries = [*_trigger(session, row), *_decisions(session, row), *_messages(session, row), *_cases(session, row)]
    return sorted(entries, key=lambda entry: (entry.at, entry.detail.get("line", 0)))


def summary(session: Session, enrollment_id: UUID) -> dict[str, Any]:
    """The enrollment as it stands."""
    row = session.scalars(
        select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id)
    ).one()
    program = session.scalars(
        select(ProgramRow.code).where(ProgramRow.org_id == row.org_id, ProgramRow.id == row.program_id)
    ).one()
    version = session.scalars(
        select(ProgramVersion.number).where(ProgramVersion.org_id == row.org_id, ProgramVersion.id == row.version_id)
    ).one()
    return {
        "enrollment": show("enr", row.id),
        "program": program,
        "version": version,
        "state": row.state,
        "step": row.step,
        "touches": row.touches,
        "outcome": row.outcome,
        "routing": row.routing,
        "recovered": row.recovered_at is not None,
        "wake_at": row.wake_at.isoformat() if row.wake_at else None,
        "phase": row.phase,
        "run_no": row.run_no,
        "completion": row.completion,
        "trail": _trail(session, row),
    }


def _trail(session: Session, row: Enrollment) -> dict[str, Any]:
    """S94: the calls made (attempts, with the provider's ids), where the transcript is, the EHR's records, and who follows up."""
    mine = select(Message.id).where(Message.org_id == row.org_id, Message.enrollment_id == row.id)
    attempts = session.scalars(
        select(Attempt).where(Attempt.org_id == row.org_id, Attempt.message_id.in_(mine)).order_by(Attempt.id)
    )
    about = list(
        session.scalars(
            select(Case).where(Case.org_id == row.org_id, Case.enrollment_id == row.id).order_by(Case.number)
        )
    )
    links = select(EhrLink).where(EhrLink.org_id == row.org_id, EhrLink.local_id.in_([case.id for case in about]))
    owners = [case.owner_id for case in about if case.owner_id is not None]
    return {
        "calls": [{"attempt": show("att", a.id), "provider_id": a.provider_sid} for a in attempts],
        "transcript": [f"/worklist/case/{show('cas', case.id)}" for case in about],
        "records": sorted(f"{link.resource}/{link.ehr_id}" for link in session.scalars(links)),
        "owner": show("stf", owners[-1]) if owners else row.owner,
    }


def find(session: Session, *, patient_ehr_id: str | None = None, case_number: int | None = None) -> list[UUID]:
    """Enrollments of a charted patient, or the one behind a case, oldest first."""
    if case_number is not None:
        found = select(Case.enrollment_id).where(Case.org_id == org_of(session), Case.number == case_number)
        return [e for e in session.scalars(found) if e is not None]

    who = visits.patient(session, patient_ehr_id or "")
    if who is None:
        return []
    rows = select(Enrollment.id).where(Enrollment.org_id == org_of(session), Enrollment.patient_id == who.id)
    return list(session.scalars(rows.order_by(Enrollment.id)))


def _trigger(session: Session, row: Enrollment) -> Iterator[Entry]:
    event = session.scalar(
        select(TriggerEvent).where(TriggerEvent.org_id == row.org_id, TriggerEvent.id == row.trigger_event_id)
    )
    if event is not None:
        detail: dict[str, Any] = {
            "source": event.source,
            "owner": event.owner,
            "occurred_at": event.occurred_at.isoformat(),
            "site": event.site,
            "segment": event.segment,
            "confidence": event.confidence,
        }
        detail |= {key: value for key, value in event.context.items() if key in SHOWN}
        detail = {key: value for key, value in detail.items() if value is not None}
        yield Entry(event.received_at, "trigger", event.kind, detail)


def _decisions(session: Session, row: Enrollment) -> Iterator[Entry]:
    mine = select(Message.id).where(Message.org_id == row.org_id, Message.enrollment_id == row.id)
    found = select(Decision).where(
        Decision.org_id == row.org_id, (Decision.enrollment_id == row.id) | Decision.message_id.in_(mine)
    )
    for line in session.scalars(found.order_by(Decision.id)):
        detail = dict(line.detail) | {"line": line.id}
        if line.message_id:
            detail["message"] = show("msg", line.message_id)
        yield Entry(line.at, "decision", f"{line.verdict} {line.rule}", detail)


def _messages(session: Session, row: Enrollment) -> Iterator[Entry]:
    found = select(Message).where(Message.org_id == row.org_id, Message.enrollment_id == row.id)
    for message in session.scalars(found.order_by(Message.created_at)):
        tries = session.scalars(select(Attempt).where(Attempt.org_id == row.org_id, Attempt.message_id == message.id))
        detail = {
            "message": show("msg", message.id),
            "purpose": message.purpose,
            "touch": message.touch,
            "state": message.state,
            "segments": message.segments,
            "attempts": [f"{a.state}{':' + a.resolved_by if a.resolved_by else ''}" for a in tries],
        }
        yield Entry(message.created_at, "message", f"{message.direction} {message.state}", detail)
        yield from _reading(session, message)


def _reading(session: Session, message: Message) -> Iterator[Entry]:
    for reading in session.scalars(
        select(ReadingRow).where(ReadingRow.org_id == message.org_id, ReadingRow.message_id == message.id)
    ):
        detail = {
            "intents": reading.intents,
            "asked": reading.when_label,
            "review": reading.review,
            "engine": reading.engine,
        }
        yield Entry(reading.read_at, "reading", reading.urgency, detail)


def _cases(session: Session, row: Enrollment) -> Iterator[Entry]:
    found = (
        select(CaseEvent, Case.number, Case.kind)
        .join(Case, (Case.org_id == CaseEvent.org_id) & (Case.id == CaseEvent.case_id))
        .where(CaseEvent.org_id == row.org_id, Case.enrollment_id == row.id)
    )
    for event, number, kind in session.execute(found.order_by(CaseEvent.id)):
        detail = {"case": number, "kind": kind, "disposition": event.detail}
        yield Entry(event.at, "case", event.what, detail)
