"""A reply to one text about several visits: matched to the visit it means, and asked only if it could mean any (N5)."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import messages
from storage.db import now, org_of
from storage.tables import Appointment, Enrollment, Message, ReadingRow
from workflows import answers, households, segments, surroundings, texts
from workflows.effects import Asked, Event, EventKind

WHICH = "which:"
WAITS = timedelta(hours=24)
CHANGES = frozenset({"cancel", "reschedule", "time_given", "question", "running_late"})
ENGLISH, SPANISH = ("Reply", "for", "for all of them"), ("Responda", "para", "para todas")
KEEP = 1  # "Reply 1 to keep them"


def asked(session: Session, question: Message | None) -> list[Enrollment]:
    """The running enrollments that one text asked for, soonest visit first; none when it spoke for one patient only."""
    if question is None or not question.dedupe_key.startswith(households.MERGED):
        return []
    found = (
        select(Enrollment)
        .join(Message, (Message.org_id == Enrollment.org_id) & (Message.enrollment_id == Enrollment.id))
        .join(Appointment, (Appointment.org_id == Enrollment.org_id) & (Appointment.id == Enrollment.appointment_id))
        .where(Enrollment.org_id == org_of(session), Message.merged_into == question.id, Enrollment.state != "ended")
        .order_by(Appointment.start_at, Enrollment.id)
    )
    return list(session.scalars(found))


def ask_which(session: Session, inbound: Message, running: Sequence[Enrollment], *, language: str) -> None:
    """The reply could mean any of these visits: ask, once, by their times; nobody is named."""
    times = households.whens(session, [row.appointment_id for row in running if row.appointment_id], language)
    reply, of, all_of_them = SPANISH if language.startswith("es") else ENGLISH
    choices = [f"{number} {of} {when}" for number, when in enumerate(times, 1)]
    said = texts.say(
        "which_visit",
        language,
        clinic=surroundings.organisation_of(session).brand,
        choices=f"{reply} {', '.join(choices)}, {len(times) + 1} {all_of_them}.",
    )
    draft = messages.Draft(
        number_id=inbound.number_id, body=said, purpose="answer", dedupe_key=f"{WHICH}{inbound.id}", patient_id=inbound.patient_id,
        conversation_id=inbound.conversation_id, enrollment_id=inbound.enrollment_id, language=language,
        segments=segments.count(said).segments, in_reply_to=inbound.id,
    )  # fmt: skip
    answers.send(session, draft)


def chosen(
    session: Session, number_id: UUID, choice: int | None, running: Sequence[Enrollment]
) -> tuple[list[UUID], Event] | None:
    """A digit that answers "which visit?": the enrollments meant, and what the patient had said of them; None when it does not."""
    if choice is None or not running:
        return None
    newest = session.scalar(
        select(Message)
        .where(Message.org_id == org_of(session), Message.number_id == number_id, Message.direction == "out")
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
    )
    pending = newest is not None and newest.dedupe_key.startswith(WHICH) and newest.created_at > now(session) - WAITS
    if newest is None or not pending or not 1 <= choice <= len(running) + 1:
        return None
    ids = [row.id for row in running]
    return (ids if choice > len(ids) else [ids[choice - 1]]), _said(session, newest.in_reply_to)


def meant(running: Sequence[Enrollment], event: Event) -> list[UUID] | None:
    """The enrollments that a reply means: the only one left, or all of them when it keeps every visit; None when it could be any."""
    if len(running) == 1:
        return [running[0].id]
    keeps = event.choice == KEEP or (
        event.choice is None and "confirm" in event.intents and not CHANGES & set(event.intents)
    )
    return [row.id for row in running] if keeps else None


def _said(session: Session, inbound_id: UUID | None) -> Event:
    reading = session.scalars(
        select(ReadingRow).where(ReadingRow.org_id == org_of(session), ReadingRow.message_id == inbound_id).limit(1)
    ).one()
    asked_for = Asked(reading.when_label, reading.when_start, reading.when_end, reading.message_id)
    return Event(EventKind.REPLY, intents=tuple(reading.intents), choice=reading.choice, asked=asked_for)
