"""What a lifted halt gives back: held texts planned again in batches, each judged for being too late before the gate judges it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage import ledger, messages, outbox
from storage.db import now, org_of
from storage.outbox import Promise, Topic
from storage.tables import Enrollment, Halt, Message, Patient, PhoneNumber, TriggerEvent
from workflows import enrollments, halts, sending, surroundings, windows
from workflows.effects import Event, EventKind
from workflows.programs.model import AskStep, duration
from workflows.surroundings import Surroundings

BATCH = 500
ANSWER_GOOD_FOR = timedelta(hours=12)
REMINDER_GOOD_FOR = timedelta(hours=12)
AGAIN = text(
    """
    UPDATE enrollments SET entered_at = :now, wake_at = :now
    WHERE org_id = :org AND id = ANY(:ids) AND state = 'waiting' AND wake_at IS NULL
    """
)
"""The wait for an answer begins when the text may leave; the engine computes the wake time anew when the clock rings."""


@dataclass(frozen=True, slots=True)
class _Context:
    around: dict[UUID, Surroundings]
    began: dict[UUID, datetime]  # when the source says that the enrollment's reason happened


def release(session: Session, halt_id: UUID, *, most: int = BATCH) -> int:
    """Plan again what this halt held, oldest first; how many texts were settled, 0 when none is left."""
    held = _held(session, halts.get(session, halt_id), most=most)
    context = _context(session, held)
    late = {message.id: rule for message in held if (rule := _too_late(session, message, context))}
    good = [message for message in held if message.id not in late]
    open_now: list[Message] = []
    for message in good:
        opening = _opening(session, message)
        if opening is None:
            open_now.append(message)
        else:
            messages.move(session, [message.id], state="held", rule="halt.lifted", hold_until=opening)
    messages.move(session, [message.id for message in open_now], state="planned")
    promises = [Promise(Topic.TEXT_SEND, str(m.id), sending.lane_of(m.purpose)) for m in open_now]
    outbox.put_all(session, promises)
    _restart(session, good)
    for message in held:
        if message.id in late:
            _give_up(session, message, rule=late[message.id])
    return len(held)


def _held(session: Session, halt: Halt, *, most: int) -> list[Message]:
    held = select(Message).where(
        Message.org_id == org_of(session), Message.state == "held", Message.rule == f"halt.{halt.scope}"
    )
    found = halts.belonging(session, held, halt.scope, halt.key).order_by(Message.created_at, Message.id).limit(most)
    locked = found.with_for_update(skip_locked=True, of=Message)
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _context(session: Session, held: Sequence[Message]) -> _Context:
    ids = {message.enrollment_id for message in held if message.enrollment_id}
    rows = session.scalars(select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id.in_(ids))).all()
    began = (
        select(Enrollment.id, TriggerEvent.occurred_at)
        .join(
            TriggerEvent,
            (TriggerEvent.org_id == Enrollment.org_id) & (TriggerEvent.id == Enrollment.trigger_event_id),
        )
        .where(Enrollment.org_id == org_of(session), Enrollment.id.in_(ids))
    )
    began_at = {row.id: row.occurred_at for row in session.execute(began)}
    return _Context(surroundings.load(session, rows), began_at)


def _too_late(session: Session, message: Message, context: _Context) -> str | None:
    """S16: a first text whose reason is no longer fresh, a reminder out of its time, an answer nobody waits for any more."""
    waited = now(session) - message.created_at
    if message.enrollment_id is None or message.step is None:
        return "answer.late" if message.purpose == "answer" and waited > ANSWER_GOOD_FOR else None
    around = context.around[message.enrollment_id]
    step = around.program.steps.get(message.step)
    if (
        isinstance(step, AskStep)
        and step.at is not None
        and (waited > REMINDER_GOOD_FOR or _visit_over(session, around))
    ):
        return "reminder.late"
    fresh, began = around.program.trigger.fresh, context.began.get(message.enrollment_id)
    if message.touch == 1 and fresh and began and (step is None or getattr(step, "at", None) is None):
        return "trigger.stale" if now(session) - began > _span(fresh) else None
    return None


def _visit_over(session: Session, around: Surroundings) -> bool:
    start = around.appointment.start_at if around.appointment else None
    return start is not None and start <= now(session)


def _span(text_: str) -> timedelta:
    n, unit = duration(text_)
    return timedelta(**{{"d": "days", "h": "hours", "m": "minutes"}[unit]: n})


def _opening(session: Session, message: Message) -> datetime | None:
    """When the window opens for this number; None while it is open, or where none opens and the gate shall say why."""
    patient = session.get(Patient, (org_of(session), message.patient_id)) if message.patient_id else None
    number = session.get(PhoneNumber, (org_of(session), message.number_id))
    verdict = windows.check(surroundings.place(session, patient, number), now(session))
    return None if verdict.open else verdict.opens_at


def _restart(session: Session, good: Sequence[Message]) -> None:
    ids = sorted({message.enrollment_id for message in good if message.enrollment_id and message.step})
    if ids:
        session.execute(AGAIN, {"org": org_of(session), "now": now(session), "ids": ids})


def _give_up(session: Session, message: Message, *, rule: str) -> None:
    """Too late to be sent: a program's touch becomes a person's, as with any text that may not leave."""
    messages.move(session, [message.id], state="refused", rule=rule)
    ledger.write(session, [ledger.Line("refused", rule, message.enrollment_id, message.id, None, message.number_id)])
    if message.enrollment_id is not None and message.purpose == "program":
        enrollments.hear(session, message.enrollment_id, Event(EventKind.TOUCH_BLOCKED, name=rule))
