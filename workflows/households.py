"""Several patients on one number (N5): planned reminders of their visits become one text that names nobody."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import ledger, outbox
from storage.db import new_id, now, org_of, vault
from storage.outbox import Topic
from storage.tables import Appointment, Message
from workflows import judging, segments, sensitive, surroundings, texts, windows
from workflows.judging import Batch
from workflows.programs.model import AskStep

KEPT = "appointment_confirm"  # the questions that one text can ask for several visits
MERGED = "household:"
MOST = 4


def merge(session: Session, batch: Batch) -> list[Message]:
    """Put planned reminders of different patients on one number into one text that names nobody; the texts made.

    Only where every rule would let each of them leave now, and none is about a sensitive matter. The texts that speak through
    it say so (`merged_into`), share its fate and are not counted beside it.
    """
    groups: dict[tuple[UUID, UUID, str], list[Message]] = defaultdict(list)
    for message in batch.messages.values():
        if _mergeable(message, batch):
            _, row, _, _ = batch.of(message)
            groups[message.number_id, row.program_id if row else message.number_id, message.language or "en"].append(
                message
            )
    made: list[Message] = []
    for several in groups.values():
        ready = [m for m in several if judging.would_leave(session, m, batch)]
        if 2 <= len({m.patient_id for m in ready}) == len(ready) <= MOST:
            made.append(_one(session, batch, ready))
    return made


def share(session: Session, message: Message, *, state: str | None = None) -> list[tuple[UUID, str]]:
    """Let the texts that speak through this one have its state (or `state`, now begun); (enrollment, step) of each, its own apart."""
    if not message.dedupe_key.startswith(MERGED):
        return []
    done = (
        update(Message)
        .where(Message.org_id == org_of(session), Message.merged_into == message.id)
        .values(
            state=state or message.state, sent_at=now(session) if state else message.sent_at, state_at=now(session),
            error_code=message.error_code,
        )
        .returning(Message.enrollment_id, Message.step)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return [(e, step) for e, step in session.execute(done) if e and step and e != message.enrollment_id]


def part(session: Session, message: Message, *, wait_s: float) -> bool:
    """A merged text that certainly did not leave is taken apart: each is planned again by itself. False when it is no such text."""
    if not message.dedupe_key.startswith(MERGED):
        return False
    message.state, message.state_at, message.rule = "cancelled", now(session), "household.parted"
    message.dedupe_key = f"{message.dedupe_key}:{message.id}"
    session.flush()
    back = (
        update(Message)
        .where(Message.org_id == org_of(session), Message.merged_into == message.id)
        .values(state="planned", merged_into=None, sent_at=None, state_at=now(session), rule=None)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    for message_id in session.scalars(back):
        outbox.put(session, Topic.TEXT_SEND, message_id, lane=outbox.Lane.DELIVERY, delay_s=wait_s)
    return True


def _mergeable(message: Message, batch: Batch) -> bool:
    patient, row, visit, program = batch.of(message)
    if message.purpose != "program" or message.state != "planned" or row is None or visit is None or program is None:
        return False
    step = program.steps.get(message.step or "")
    confirms = isinstance(step, AskStep) and step.context == KEPT
    return confirms and message.number_id in batch.numbers and not sensitive.concerns(patient, program)


def _one(session: Session, batch: Batch, several: Sequence[Message]) -> Message:
    """The text for all of them, planned in their place; it belongs to the soonest visit's enrollment."""
    starts = {m.id: _start(batch, m) for m in several}
    several = sorted(several, key=lambda m: (starts[m.id], m.id))
    first = several[0]
    language = first.language or "en"
    body = _body(session, batch, several, language)
    key = f"{MERGED}{'+'.join(str(m.id) for m in several)}"
    made = Message(
        org_id=org_of(session), id=new_id(session), number_id=first.number_id, patient_id=first.patient_id,
        conversation_id=first.conversation_id, enrollment_id=first.enrollment_id, direction="out", channel=first.channel,
        purpose="program", dedupe_key=key, step=first.step, touch=first.touch, language=language, body=b"",
        segments=segments.count(body).segments, state="planned", created_at=now(session), state_at=now(session),
    )  # fmt: skip
    made.body = vault(session).seal(body, "messages.body", made.id)
    session.add(made)
    for message in several:
        message.state, message.merged_into, message.rule = "merged", made.id, "household.merged"
        message.body = vault(session).seal(body, "messages.body", message.id)
    session.flush()
    ledger.write(
        session,
        [
            ledger.Line(
                "merged", "household.merged", m.enrollment_id, m.id, None, m.number_id, {"visits": len(several)}
            )
            for m in several
        ],
    )
    return made


def _body(session: Session, batch: Batch, several: Sequence[Message], language: str) -> str:
    organisation = surroundings.organisation_of(session)
    values = {"clinic": organisation.brand, "phone": organisation.phone}
    visits = [row.appointment_id for m in several if (row := batch.of(m)[1]) and row.appointment_id]
    times = whens(session, visits, language)
    said = texts.say("household", language, count=str(len(several)), whens="; ".join(times), **values)
    if batch.numbers[several[0].number_id].first_texted_at is None:
        said = f"{said} {texts.say('intro', language, **values)}"
    return said


def whens(session: Session, visit_ids: Sequence[UUID], language: str) -> list[str]:
    """When these visits are, in the words of each patient's own place, soonest first."""
    found = select(Appointment).where(Appointment.org_id == org_of(session), Appointment.id.in_(visit_ids))
    visits = list(session.scalars(found.order_by(Appointment.start_at, Appointment.id)))
    zone = windows.zones(surroundings.place(session, None, None))[0]
    return [texts.when_label(visit.start_at, zone, language) for visit in visits if visit.start_at]


def _start(batch: Batch, message: Message) -> datetime:
    visit = batch.of(message)[2]
    return visit.start_at if visit and visit.start_at else message.created_at
