"""What an enrollment's steps go by besides itself: dates, answers of forms, facts, and what became of the text it asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.arrays import among, literal
from storage.db import now, org_of
from storage.tables import Appointment, Enrollment, FormAnswer, Patient, TriggerEvent
from workflows.programs.model import Program

PRESUMED = timedelta(
    hours=12
)  # the provider tries for at most ten hours, so after twelve no more word is to be expected
ARRIVED = frozenset({"delivered", "read", "presumed_sent"})
ASKED_WITH = text(
    """
    SELECT DISTINCT ON (e.id) e.id, m.state, m.sent_at, m.state_at
    FROM enrollments e JOIN messages m ON m.org_id = e.org_id AND m.enrollment_id = e.id AND m.step = e.step
    WHERE e.org_id = :org AND e.id = ANY(CAST(:ids AS uuid[])) AND m.direction = 'out' AND m.purpose IN ('program', 'answer')
      AND m.sent_at IS NOT NULL
    ORDER BY e.id, m.created_at DESC, m.id DESC
    """
)


@dataclass(frozen=True, slots=True)
class GoingBy:
    """Instants are UTC, business time. `delivered_at` and `settles_at` speak of the present step's text (S24)."""

    discharge_at: datetime | None = None
    due_at: datetime | None = None
    trigger_at: datetime | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    delivered_at: datetime | None = None
    settles_at: datetime | None = None


def load(
    session: Session,
    enrollments: Sequence[Enrollment],
    programs: Mapping[UUID, Program],
    *,
    patients: Mapping[UUID, Patient],
    visits: Mapping[UUID, Appointment],
) -> dict[UUID, GoingBy]:
    """By enrollment id; a query for each kind of thing that some program of the batch goes by, however many there are."""
    texts = _texts(session, [e.id for e in enrollments if e.reach == "asked"])
    dated = [e for e in enrollments if programs[e.version_id].goes_by & {"discharge", "due", "trigger"}]
    events = _triggers(session, {e.trigger_event_id for e in dated if e.trigger_event_id})
    answers = _answers(session, [e.id for e in enrollments if "form" in programs[e.version_id].goes_by])
    return {
        e.id: GoingBy(
            **_dates(events.get(e.trigger_event_id) if e.trigger_event_id else None),
            **_fate(texts.get(e.id), now(session)),
            answers=answers.get(e.id, {}),
            facts=_facts(e, patients[e.patient_id], visits.get(e.appointment_id) if e.appointment_id else None)
            if "fact" in programs[e.version_id].goes_by
            else {},
        )
        for e in enrollments
    }


def _texts(session: Session, ids: list[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    return {row.id: row for row in session.execute(ASKED_WITH, {"org": org_of(session), "ids": literal(ids)})}


def _fate(row: Any, at: datetime) -> dict[str, datetime | None]:
    """Delivered when the provider said so, or presumed so once no word is to be expected any more."""
    if row is None:
        return {}
    if row.state in ARRIVED:
        return {"delivered_at": row.state_at, "settles_at": row.state_at}
    settles: datetime = row.sent_at + PRESUMED
    return {"delivered_at": row.sent_at if settles <= at else None, "settles_at": settles}


def _triggers(session: Session, ids: set[UUID]) -> dict[UUID, TriggerEvent]:
    if not ids:
        return {}
    found = select(TriggerEvent).where(TriggerEvent.org_id == org_of(session), among(TriggerEvent.id, ids))
    return {row.id: row for row in session.scalars(found)}


def _dates(event: TriggerEvent | None) -> dict[str, datetime | None]:
    """The trigger's own instant, and the dates that its source sent along (`discharge_at`, `due_at`, ISO 8601)."""
    if event is None:
        return {}
    discharged = event.occurred_at if event.kind.endswith(("discharge", "discharged")) else None
    return {
        "trigger_at": event.occurred_at,
        "discharge_at": _instant(event.context.get("discharge_at")) or discharged,
        "due_at": _instant(event.context.get("due_at")),
    }


def _instant(said: object) -> datetime | None:
    if not isinstance(said, str):
        return None
    found = datetime.fromisoformat(said)
    return found if found.tzinfo else None


def _answers(session: Session, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Coded answers by field; of a form that came in twice the later ones count."""
    if not ids:
        return {}
    found = select(FormAnswer.enrollment_id, FormAnswer.coded).where(
        FormAnswer.org_id == org_of(session), among(FormAnswer.enrollment_id, ids)
    )
    answers: dict[UUID, dict[str, str]] = {}
    for enrollment_id, coded in session.execute(found.order_by(FormAnswer.answered_at)):
        answers.setdefault(enrollment_id, {}).update({name: str(value) for name, value in coded.items()})
    return answers


def _facts(row: Enrollment, patient: Patient, visit: Appointment | None) -> dict[str, str]:
    """What `branch: fact.…` may ask; what is not known is left out."""
    known = {
        "language": patient.language,
        "age": str(row.started_at.year - patient.birth_year) if patient.birth_year else None,
        "appointment_kind": visit.kind if visit else None,
        "appointment_status": visit.status if visit else None,
        "segment": row.segment,
        "source": row.source,
    }
    return {name: value for name, value in known.items() if value is not None}
