"""From a planned text to one attempt, and from the provider's word back to the message. At most once, whoever dies in between.

claim (gate, attempt `sending`, commit) → POST by the caller → settle. An attempt found `sending` past its lease is UNKNOWN: it ends by a
callback, a look-up or a person, never by a second POST.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from storage import ledger, messages, numbers, outbox
from storage.arrays import among
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Attempt, Enrollment, Message, Patient
from workflows import enrollments, gate, halts, households, judging
from workflows.effects import Event, EventKind
from workflows.gate import Verdict

BATCH = 64  # texts claimed at once; most of what a claim costs is the same for one
PROMPT = timedelta(minutes=10)  # a text that arrives later than this after it was asked moves its enrollment at once
HALT_S = 300.0
OURS = frozenset(
    {"halt_channel", "pause_country", "slow_down"}
)  # our account's trouble: the text certainly did not leave
PASSING = frozenset(
    {"next_window", "retry_later", "slow_down"}
)  # the number is fine: a person makes this touch by phone
TO_A_PERSON = frozenset(
    {
        "number.not_textable", "number.quarantined", "consent.none", "consent.marketing", "channel.not_allowed",
        "privacy.sender", "proxy.ended", "proxy.came_of_age", "proxy.confidential", "proxy.out_of_scope",
    }
)  # fmt: skip  # never by text: somebody finds another way
OVER = {
    "suppressed": "opted_out",
    "number.quarantined": "wrong_number",
    "suppressed.marketing": "opted_out",
    "patient.not_to_be_contacted": "stopped_by_ehr",
}
RANK = {
    "planned": 0,
    "held": 0,
    "sending": 0,
    "unknown": 0,
    "accepted": 1,
    "sent": 4,
    "presumed_sent": 5,
    "delivered": 9,
    "undelivered": 9,
    "failed": 9,
    "read": 10,
}
SAID = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
    "read": "read",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits, in seconds of machine time: how long a claim may take, when an UNKNOWN attempt is looked up (after the last a
    person is asked), and how long another effect may take. Composed once a process; only tests wait less.
    """

    lease_s: float = 30
    looks_s: tuple[float, ...] = (30, 120, 600)
    effect_lease_s: float = outbox.LEASE_S


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed text, to be posted within two seconds of `claimed_at` (machine time) or released."""

    message_id: UUID
    attempt_id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    validity_s: int
    segments: int
    claimed_at: datetime


class Fate(StrEnum):
    """What the provider's answer to the POST means."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended. `meaning`: what a definite refusal says about the number (opted_out, bad_number, …)."""

    attempt_id: UUID
    fate: Fate
    sid: str | None = None
    code: str | None = None
    http_status: int | None = None
    wait_s: float | None = None
    meaning: str | None = None


def claim(session: Session, lane: Lane, *, most: int = BATCH, patience: Patience = USUAL) -> list[Ready]:
    """Judge due texts of a lane and mark those that may leave as being sent; everything judged leaves the outbox.

    The numbers are locked first, so a STOP that commits before this does is seen, and one that comes later waits.
    """
    due = outbox.due_sends(session, lane, most=most)
    if not due:
        return []
    batch = judging.load(session, [row.message_id for row in due])
    due = sorted(due, key=lambda row: batch.priority(row.message_id))
    ready: list[tuple[Message, gate.Answer]] = []
    merged = households.merge(session, batch)
    used = [row.id for row in due if batch.messages[row.message_id].number_id in batch.numbers]  # others stay due
    for message in (*(batch.messages[row.message_id] for row in due), *merged):
        if message.number_id not in batch.numbers or message.state != "planned":
            continue
        answer = judging.judge(session, message, batch)
        if answer.verdict is Verdict.SEND:
            ready.append((message, answer))
            batch.sent.setdefault(message.number_id, []).append(now(session))
        else:
            ledger.write(session, [judging.note(message, answer)])
            _not_now(session, message, answer)
    ledger.write(session, [judging.note(message, answer) for message, answer in ready])
    outbox.finish(session, used)
    return _begin(session, ready, batch, patience=patience)


def release(session: Session, items: Sequence[Ready]) -> None:
    """Give back what was claimed and not posted: it certainly was not sent."""
    settle(session, [Outcome(item.attempt_id, Fate.NOT_SENT, code="not_posted", wait_s=0) for item in items])


def settle(session: Session, outcomes: Sequence[Outcome], *, patience: Patience = USUAL) -> None:
    """Write down what the provider answered; an attempt that a callback resolved meanwhile keeps the callback's word."""
    attempts = messages.lock_attempts(session, [outcome.attempt_id for outcome in outcomes])
    texts = messages.get_many(session, [attempt.message_id for attempt in attempts.values()])
    for outcome in sorted(outcomes, key=lambda o: o.attempt_id):
        attempt = attempts.get(outcome.attempt_id)
        if attempt is None or attempt.state not in ("sending", "unknown"):
            continue
        message = texts[attempt.message_id]
        attempt.http_status, attempt.provider_code = outcome.http_status, outcome.code
        if outcome.fate is Fate.ACCEPTED and outcome.sid:
            accept(session, attempt, message, sid=outcome.sid, by="answer")
        elif outcome.fate is Fate.NOT_SENT:
            _again(session, attempt, message, outcome)
        elif outcome.fate is Fate.FAILED and outcome.meaning in OURS:
            _again(session, attempt, message, replace(outcome, wait_s=HALT_S))
        elif outcome.fate is Fate.FAILED:
            attempt.state, attempt.resolved_by = "failed", "answer"
            fail(session, message, state="failed", code=outcome.code or "", meaning=outcome.meaning)
        else:
            unknown(session, attempt, message, patience=patience)


def accept(session: Session, attempt: Attempt, message: Message, *, sid: str, by: str) -> None:
    """The provider has it: bind its id to the attempt and the message."""
    attempt.state, attempt.provider_sid, attempt.resolved_by = "accepted", sid, by
    message.provider_sid = message.provider_sid or sid
    if message.state in ("sending", "unknown"):
        message.state, message.state_at = "accepted", now(session)
        households.share(session, message)


def unknown(session: Session, attempt: Attempt, message: Message, *, patience: Patience = USUAL) -> None:
    """It may have been sent: promise the first look-up; usually at 30 s, 2 min and 10 min of machine time."""
    attempt.state = "unknown"
    if message.state == "sending":
        message.state, message.state_at = "unknown", now(session)
        households.share(session, message)
    session.flush()
    ledger.write(session, [ledger.Line("unknown", "send.no_answer", message.enrollment_id, message.id)])
    outbox.put(session, Topic.TEXT_LOOK, attempt.id, lane=Lane.DELIVERY, delay_s=patience.looks_s[0])


def sweep(session: Session, *, most: int = 100, patience: Patience = USUAL) -> int:
    """Attempts whose worker died become UNKNOWN; held texts whose time has come are planned again. How many."""
    overdue = messages.overdue_attempts(session, most=most)
    for attempt in overdue:
        unknown(session, attempt, messages.get(session, attempt.message_id), patience=patience)
    freed = messages.release_held(session, most=most)
    outbox.put_all(session, [outbox.Promise(Topic.TEXT_SEND, str(m), lane_of(purpose)) for m, purpose in freed])
    return len(overdue) + len(freed)


def fail(session: Session, message: Message, *, state: str, code: str, meaning: str | None) -> None:
    """A definite failure: the number learns from it, and the program's touch becomes a person's."""
    message.state, message.error_code, message.state_at = state, code, now(session)
    session.flush()
    others = households.share(session, message)
    ledger.write(session, [ledger.Line("failed", f"provider.{code or 'refused'}", message.enrollment_id, message.id)])
    if meaning in ("invalid_number", "not_textable", "bad_number"):
        number = numbers.lock(session, message.number_id)
        number.textable, number.bad_reason = "no", code
    if meaning == "opted_out":
        numbers.suppress(session, message.number_id, source="carrier", message_id=message.id)
        enrollments.interrupt(session, enrollments.live_of(session, number_id=message.number_id), "opted_out")
    elif message.enrollment_id and message.step:
        kind = EventKind.TOUCH_BLOCKED if meaning in PASSING else EventKind.TOUCH_FAILED
        for enrollment_id, step in ((message.enrollment_id, message.step), *others):
            enrollments.hear(session, enrollment_id, Event(kind, name=f"provider.{code}", step=step))


def lane_of(purpose: str) -> Lane:
    """Replies before bulk, safety before all."""
    return {"safety": Lane.SAFETY, "program": Lane.DELIVERY}.get(purpose, Lane.REPLIES)


def stale_patients(
    session: Session, lane: Lane, *, older_than: datetime, most: int = BATCH
) -> list[tuple[str, str | None]]:
    """(patient, appointment) EHR ids behind due program texts whose mirror was read before `older_than` (machine time)."""
    due = outbox.due_sends(session, lane, most=most)
    found = (
        select(Patient.ehr_id, Appointment.ehr_id)
        .join(Enrollment, (Enrollment.org_id == Patient.org_id) & (Enrollment.patient_id == Patient.id))
        .join(Message, (Message.org_id == Enrollment.org_id) & (Message.enrollment_id == Enrollment.id))
        .outerjoin(
            Appointment, (Appointment.org_id == Enrollment.org_id) & (Appointment.id == Enrollment.appointment_id)
        )
        .where(
            Message.org_id == org_of(session),
            among(Message.id, [row.message_id for row in due]),
            Message.purpose == "program",
            (Patient.ehr_read_at.is_(None)) | (Patient.ehr_read_at < older_than),
        )
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def _not_now(session: Session, message: Message, answer: gate.Answer) -> None:
    """Held waits for its hour; blocked goes to a person at once and counts as the touch; refused is over."""
    if answer.verdict is Verdict.HOLD:
        messages.move(session, [message.id], state="held", rule=answer.rule, hold_until=answer.until)
        if answer.rule.startswith("halt."):
            halts.stop_clock(session, message)
        return
    messages.move(session, [message.id], state="refused", rule=answer.rule)
    if message.enrollment_id is None or message.step is None:
        return
    event = _consequence(answer, message.step)
    if event is not None:
        enrollments.hear(session, message.enrollment_id, event)


def _consequence(answer: gate.Answer, step: str) -> Event | None:
    """What the program learns from a text that may not leave: a person makes the touch, looks for a way, or it is over (N17)."""
    if answer.verdict is Verdict.BLOCK:
        return Event(EventKind.TOUCH_BLOCKED, name=answer.rule, step=step)
    if answer.rule in TO_A_PERSON:
        return Event(EventKind.TOUCH_FAILED, name=answer.rule, step=step)
    return Event(EventKind.INTERRUPT, name=OVER[answer.rule]) if answer.rule in OVER else None


def _begin(
    session: Session, ready: Sequence[tuple[Message, gate.Answer]], batch: judging.Batch, *, patience: Patience
) -> list[Ready]:
    started = clock.machine()
    made = messages.begin_attempts(session, [m.id for m, _ in ready], started_at=started, lease_s=patience.lease_s)
    for message, _ in ready:
        households.share(session, message, state="sending")
        number = batch.numbers[message.number_id]
        number.first_texted_at = number.first_texted_at or now(session)
    session.flush()
    return [
        Ready(
            message_id=m.id,
            attempt_id=made[m.id],
            to=numbers.clear(session, batch.numbers[m.number_id]),
            body=messages.body(session, m),
            validity_s=answer.validity_s,
            segments=m.segments,
            claimed_at=started,
        )
        for m, answer in ready
    ]


def _again(session: Session, attempt: Attempt, message: Message, outcome: Outcome) -> None:
    """Certainly not sent: planned again, with the wait the provider asked for, and judged anew."""
    attempt.state, attempt.resolved_by = "not_sent", "answer"
    wait = outcome.wait_s if outcome.wait_s is not None else min(300.0, 5.0 * 2**attempt.no)
    ledger.write(
        session, [ledger.Line("held", f"provider.{outcome.code or 'not_sent'}", message.enrollment_id, message.id)]
    )
    if households.part(session, message, wait_s=wait):
        return
    message.state, message.sent_at, message.state_at = "planned", None, now(session)
    session.flush()
    outbox.put(session, Topic.TEXT_SEND, message.id, lane=lane_of(message.purpose), delay_s=wait)


def hear(session: Session, message: Message, *, status: str, code: str, meaning: str | None) -> None:
    """The provider reports a status: states only move up, a first final word stays, an error code is never erased."""
    state = SAID.get(status)
    if state is None or RANK.get(message.state, 99) >= RANK[state]:
        return
    if state in ("undelivered", "failed"):
        fail(session, message, state=state, code=code, meaning=meaning)
        return
    message.state, message.state_at = state, now(session)
    others = households.share(session, message)
    if state == "delivered" and message.direction == "out":
        numbers.lock(session, message.number_id).textable = "yes"
    session.flush()
    late = now(session) - message.created_at > PROMPT
    if state == "delivered" and late and message.step and message.enrollment_id:
        for enrollment_id, step in ((message.enrollment_id, message.step), *others):
            enrollments.hear(session, enrollment_id, Event(EventKind.DELIVERED, step=step))
