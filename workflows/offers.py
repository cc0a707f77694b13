"""Visit times put before a patient: few, apart from one another, and not before two patients at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from core.ids import parse
from storage import outbox, visits
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Enrollment, Message, Offer, ReadingRow, Slot, TriggerEvent
from storage.visits import Holder
from workflows import texts
from workflows.programs.model import AskStep, Program

LEAD = timedelta(hours=3)  # nobody can be asked, answer and travel in less
LIVES = timedelta(days=1)  # where the step does not say how long it waits
CANDIDATES = 60
ON_PAGE = 8


def make(session: Session, enrollment: Enrollment, *, step: str, count: int, zone: str) -> list[Slot]:
    """Offer up to `count` times as choices 1, 2, …, in place of what this patient was offered before; none when nothing is free.

    They are kept from other patients until the step's wait is over (`wake_at`); staff may still take one, and then the
    booking says so.
    """
    withdraw(session, enrollment.id)
    chosen = spread(candidates(session, enrollment), count, zone=zone)
    at = now(session)
    until = max(enrollment.wake_at or at + LIVES, at + timedelta(hours=1))
    session.add_all(
        Offer(
            org_id=org_of(session),
            enrollment_id=enrollment.id,
            step=step,
            n=n,
            slot_id=slot.id,
            offered_at=at,
            expires_at=until,
        )
        for n, slot in enumerate(chosen, start=1)
    )
    session.flush()
    return chosen


def pick(session: Session, enrollment: Enrollment, slot_id: UUID) -> int:
    """A time the patient chose from the page's longer list, as one more choice of the latest offer; its number."""
    most = session.scalar(select(func.max(Offer.n)).where(*_live(session, enrollment.id)))
    n = (most or 0) + 1
    at = now(session)
    session.add(
        Offer(
            org_id=org_of(session), enrollment_id=enrollment.id, step=enrollment.step or "", n=n, slot_id=slot_id,
            offered_at=at, expires_at=at + LIVES,
        )
    )  # fmt: skip
    session.flush()
    return n


def book(session: Session, enrollment: Enrollment, choice: int) -> bool:
    """Hold the time that was chosen and promise the EHR write, with no person in between; False when it is gone."""
    slot_id = slot_of(session, enrollment.id, choice)
    holder = Holder("enrollment", enrollment.id)
    if slot_id is None or visits.hold(session, slot_id, holder=holder) is None:
        return False
    withdraw(session, enrollment.id)
    outbox.put(session, Topic.EHR_BOOK, holder.key, lane=Lane.ACTIONS)
    return True


def slot_of(session: Session, enrollment_id: UUID, choice: int) -> UUID | None:
    """Which slot choice `choice` of the latest offer is; None when no such choice was offered."""
    found = select(Offer.slot_id).where(*_live(session, enrollment_id), Offer.n == choice)
    return session.scalar(found.order_by(Offer.offered_at.desc()).limit(1))


def withdraw(session: Session, enrollment_id: UUID) -> None:
    """What was offered is over: answered, replaced, or the program has ended."""
    session.execute(
        update(Offer)
        .where(*_live(session, enrollment_id))
        .values(ended_at=now(session))
        .execution_options(synchronize_session=False)
    )


def made_by(program: Program) -> bool:
    """Whether a program offers times at all."""
    asks = (step for step in program.steps.values() if isinstance(step, AskStep))
    return any(step.slots is not None or step.form is not None for step in asks)


def candidates(session: Session, enrollment: Enrollment, *, most: int = CANDIDATES) -> Sequence[Slot]:
    """Free times nobody else is offered, in time order: near what the patient asked for, else the next ones.

    With the practitioner of the visit it is about where that leaves a choice. A program started by one freed slot offers
    that one, to whoever is asked about it.
    """
    named = _named(session, enrollment)
    if named is not None:
        return [named] if visits.is_free(named, at=now(session)) else []
    wish, until = _wish(session, enrollment)
    taken = exists().where(
        Offer.org_id == Slot.org_id,
        Offer.slot_id == Slot.id,
        Offer.ended_at.is_(None),
        Offer.expires_at > now(session),
        Offer.enrollment_id != enrollment.id,
    )
    free = visits.free_slots(session, near=wish, until=until, most=most, but=taken, begins_after=now(session) + LEAD)
    known = session.scalar(
        select(Appointment.practitioner).where(
            Appointment.org_id == org_of(session), Appointment.id == enrollment.appointment_id
        )
    )
    own = [slot for slot in free if known and slot.practitioner == known]
    return own if len(own) >= 3 else free


def spread(slots: Sequence[Slot], count: int, *, zone: str) -> list[Slot]:
    """The soonest, then those that differ most from what is chosen: another day and another half of the day before the same."""
    chosen: list[Slot] = []
    left = sorted(slots, key=lambda slot: (slot.start_at, slot.id))
    while left and len(chosen) < count:
        best = min(left, key=lambda slot: (_alike(slot, chosen, zone), slot.start_at, slot.id))
        chosen.append(best)
        left = [slot for slot in left if slot.start_at != best.start_at]
    return sorted(chosen, key=lambda slot: slot.start_at)


def in_words(slots: Sequence[Slot], *, zone: str, language: str) -> str:
    """What {slots} becomes: "1 = Tue Dec 1, 3:00 pm, 2 = …". Raises Untranslated."""
    return ", ".join(
        f"{n} = {texts.when_label(slot.start_at, zone, language)}" for n, slot in enumerate(slots, start=1)
    )


def _alike(slot: Slot, chosen: Sequence[Slot], zone: str) -> int:
    """How often the day is taken already, then the half of the day."""
    here = slot.start_at.astimezone(ZoneInfo(zone))
    others = [one.start_at.astimezone(ZoneInfo(zone)) for one in chosen]
    days = sum(other.date() == here.date() for other in others)
    halves = sum((other.hour < 12) == (here.hour < 12) for other in others)
    return days * 10 + halves


def _named(session: Session, enrollment: Enrollment) -> Slot | None:
    """The one slot that the trigger was about, if it was about one."""
    if enrollment.trigger_event_id is None:
        return None
    found = select(TriggerEvent.context["slot"].astext).where(
        TriggerEvent.org_id == org_of(session), TriggerEvent.id == enrollment.trigger_event_id
    )
    name = session.scalar(found)
    return visits.slot(session, parse("slt", name)) if name else None


def _wish(session: Session, enrollment: Enrollment) -> tuple[datetime | None, datetime | None]:
    """When the patient last said in this program that they could come; (None, None) without a word."""
    found = (
        select(ReadingRow.when_start, ReadingRow.when_end)
        .join(Message, (Message.org_id == ReadingRow.org_id) & (Message.id == ReadingRow.message_id))
        .where(
            Message.org_id == org_of(session), Message.enrollment_id == enrollment.id,
            ReadingRow.when_start.is_not(None), ReadingRow.when_end > now(session),
        )
        .order_by(Message.created_at.desc())
        .limit(1)
    )  # fmt: skip
    row = session.execute(found).first()
    return (row.when_start, row.when_end) if row else (None, None)


def _live(session: Session, enrollment_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (Offer.org_id == org_of(session), Offer.enrollment_id == enrollment_id, Offer.ended_at.is_(None))
