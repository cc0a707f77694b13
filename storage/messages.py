"""Messages and the attempts to send them. Bodies are sealed; states only move forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from storage.arrays import among, literal
from storage.db import new_id, new_ids, now, org_of, vault
from storage.tables import Attempt, Conversation, Message, ProviderEvent

COUNTED = ("sending", "unknown", "accepted", "sent", "delivered", "undelivered", "presumed_sent", "read")
OPEN = ("planned", "held")


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to be written down: planned if out. `dedupe_key` makes it the only one of its kind."""

    number_id: UUID
    body: str
    purpose: str
    dedupe_key: str
    patient_id: UUID | None = None
    conversation_id: UUID | None = None
    enrollment_id: UUID | None = None
    case_id: UUID | None = None
    step: str | None = None
    touch: int | None = None
    language: str | None = None
    segments: int = 1
    in_reply_to: UUID | None = None
    staff_id: UUID | None = None


def plan(session: Session, drafts: Sequence[Draft]) -> list[UUID]:
    """Write planned outbound messages; one whose dedupe key exists is left as it is and not returned."""
    if not drafts:
        return []
    keys, rows = vault(session), new_ids(session, len(drafts))
    columns = {
        f"{name}s": literal([getattr(draft, name) for draft in drafts])
        for name in ("number_id", "purpose", "dedupe_key", "patient_id", "conversation_id", "enrollment_id", "case_id", "step",
                     "touch", "language", "segments", "in_reply_to", "staff_id")
    }  # fmt: skip
    columns["ids"] = literal(rows)
    columns["bodys"] = literal([keys.seal(d.body, "messages.body", row) for row, d in zip(rows, drafts, strict=True)])
    return list(session.scalars(PLAN, {"org": org_of(session), "at": now(session)} | columns))


PLAN = text(
    """
    INSERT INTO messages (org_id, direction, state, created_at, state_at, id, number_id, purpose, dedupe_key, patient_id,
                          conversation_id, enrollment_id, case_id, step, touch, language, segments, in_reply_to, staff_id, body)
    SELECT :org, 'out', 'planned', :at, :at, draft.*
    FROM unnest(CAST(:ids AS uuid[]), CAST(:number_ids AS uuid[]), CAST(:purposes AS text[]), CAST(:dedupe_keys AS text[]),
                CAST(:patient_ids AS uuid[]), CAST(:conversation_ids AS uuid[]), CAST(:enrollment_ids AS uuid[]),
                CAST(:case_ids AS uuid[]), CAST(:steps AS text[]), CAST(:touchs AS int[]), CAST(:languages AS text[]),
                CAST(:segmentss AS int[]), CAST(:in_reply_tos AS uuid[]), CAST(:staff_ids AS uuid[]), CAST(:bodys AS bytea[]))
        AS draft
    ON CONFLICT (org_id, dedupe_key) DO NOTHING
    RETURNING id
    """
)


def receive(
    session: Session,
    *,
    number_id: UUID,
    body: str,
    sid: str,
    patient_id: UUID | None,
    enrollment_id: UUID | None = None,
    channel: str = "sms",
) -> Message:
    """Write an inbound text, or what a form says (`channel` form, `sid` our own); that it is new was settled by its receipt."""
    row = new_id(session)
    message = Message(
        org_id=org_of(session),
        id=row,
        number_id=number_id,
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        conversation_id=conversation(session, patient_id=patient_id, number_id=number_id),
        direction="in",
        channel=channel,
        purpose="inbound",
        dedupe_key=f"in:{sid}",
        body=vault(session).seal(body, "messages.body", row),
        state="received",
        provider_sid=sid if channel == "sms" else None,
        created_at=now(session),
        state_at=now(session),
        segments=1,
    )
    session.add(message)
    session.flush()
    return message


def body(session: Session, message: Message) -> str:
    """The text itself, for the vendor call, the understanding and the signed-in page."""
    return vault(session).open(message.body, "messages.body", message.id)


def conversation(session: Session, *, patient_id: UUID | None, number_id: UUID) -> UUID:
    """The patient's conversation, or the stranger's by number; made on first use."""
    where = (
        (Conversation.patient_id == patient_id)
        if patient_id
        else (Conversation.patient_id.is_(None) & (Conversation.number_id == number_id))
    )
    found = session.scalar(select(Conversation.id).where(Conversation.org_id == org_of(session), where))
    if found:
        return found
    made = upsert(Conversation).values(org_id=org_of(session), patient_id=patient_id, number_id=number_id)
    session.execute(made.on_conflict_do_nothing())
    return session.scalars(select(Conversation.id).where(Conversation.org_id == org_of(session), where)).one()


def get_many(session: Session, ids: Sequence[UUID]) -> dict[UUID, Message]:
    """These messages by id, as the database has them now."""
    found = select(Message).where(Message.org_id == org_of(session), among(Message.id, ids))
    return {m.id: m for m in session.scalars(found.execution_options(populate_existing=True))}


def due_with_company(session: Session, ids: Sequence[UUID], number_ids: Sequence[UUID]) -> dict[UUID, Message]:
    """These messages, and whatever program texts are planned for the same numbers: a household may share one."""
    company = among(Message.number_id, number_ids) & (Message.purpose == "program") & (Message.state == "planned")
    found = select(Message).where(Message.org_id == org_of(session), among(Message.id, ids) | company)
    return {m.id: m for m in session.scalars(found.execution_options(populate_existing=True))}


def numbers_of(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """The numbers these messages go to, each once, in id order."""
    found = select(Message.number_id).where(Message.org_id == org_of(session), among(Message.id, ids))
    return sorted(set(session.scalars(found)))


def get(session: Session, message_id: UUID) -> Message:
    """One message that exists."""
    return session.scalars(select(Message).where(Message.org_id == org_of(session), Message.id == message_id)).one()


def sent_times(session: Session, number_ids: Sequence[UUID], *, since: datetime) -> dict[UUID, list[datetime]]:
    """When program texts went to these numbers (business time of the claim): what the caps count, whatever the program or patient."""
    found = select(Message.number_id, Message.sent_at).where(
        Message.org_id == org_of(session),
        among(Message.number_id, number_ids),
        Message.purpose == "program",
        Message.sent_at > since,
        Message.state.in_(COUNTED),
        Message.merged_into.is_(None),
    )
    times: dict[UUID, list[datetime]] = {}
    for number_id, at in session.execute(found):
        if at is not None:
            times.setdefault(number_id, []).append(at)
    return times


def last_inbound(session: Session, ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When the messages that these answers answer came in."""
    found = select(Message.id, Message.created_at).where(Message.org_id == org_of(session), among(Message.id, ids))
    return {row.id: row.created_at for row in session.execute(found)}


def newest_inbound(session: Session, number_id: UUID) -> UUID | None:
    """The newest message from this number: an open conversation is counted from it."""
    found = select(Message.id).where(
        Message.org_id == org_of(session), Message.number_id == number_id, Message.direction == "in"
    )
    return session.scalar(found.order_by(Message.created_at.desc(), Message.id.desc()).limit(1))


def latest_program_text(session: Session, number_id: UUID, *, since: datetime) -> Message | None:
    """The newest text of a program's step that has gone out to a number: the question its next reply answers."""
    found = (
        select(Message)
        .where(
            Message.org_id == org_of(session),
            Message.number_id == number_id,
            (Message.purpose == "program") | Message.step.is_not(None),
            Message.sent_at > since,
            Message.state.in_(COUNTED),
            Message.merged_into.is_(None),
        )
        .order_by(Message.sent_at.desc())
        .limit(1)
    )
    return session.scalar(found)


def cancel_planned(
    session: Session, *, number_id: UUID | None = None, enrollment_ids: Sequence[UUID] = (), rule: str
) -> list[UUID]:
    """Texts not begun yet to a number (but the confirmation of its opt-out), or of these enrollments, will never leave."""
    to_it = (Message.number_id == number_id) & (Message.purpose != "opt_out")
    where = to_it if number_id else among(Message.enrollment_id, enrollment_ids)
    done = (
        update(Message)
        .where(Message.org_id == org_of(session), where, Message.direction == "out", Message.state.in_(OPEN))
        .values(state="cancelled", rule=rule, state_at=now(session))
        .returning(Message.id)
    )
    return list(session.scalars(done.execution_options(synchronize_session=False)))


def move(
    session: Session,
    message_ids: Sequence[UUID],
    *,
    state: str,
    rule: str | None = None,
    hold_until: datetime | None = None,
) -> None:
    """Set the state of messages whose fate was just decided."""
    if message_ids:
        session.execute(
            update(Message)
            .where(Message.org_id == org_of(session), among(Message.id, message_ids))
            .values(state=state, rule=rule, hold_until=hold_until, state_at=now(session))
            .execution_options(synchronize_session=False)
        )


def begin_attempts(
    session: Session, message_ids: Sequence[UUID], *, started_at: datetime, lease_s: float
) -> dict[UUID, UUID]:
    """Mark these messages as being sent, an attempt each: {message: attempt}. From here on no second POST may happen by itself."""
    if not message_ids:
        return {}
    org = org_of(session)
    session.execute(
        update(Message)
        .where(Message.org_id == org, among(Message.id, message_ids))
        .values(state="sending", sent_at=now(session), state_at=now(session), rule=None, hold_until=None)
        .execution_options(synchronize_session=False)
    )
    until = started_at + timedelta(seconds=lease_s)
    where = {"org": org, "ids": literal(message_ids), "started": started_at, "until": until}
    return {row.message_id: row.id for row in session.execute(BEGIN, where)}


BEGIN = text(
    """
    INSERT INTO attempts (org_id, message_id, no, state, started_at, lease_until)
    SELECT :org, m.id, coalesce((SELECT max(a.no) FROM attempts a WHERE a.org_id = :org AND a.message_id = m.id), 0) + 1,
           'sending', :started, :until
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS m (id, place) ORDER BY place
    RETURNING message_id, id
    """
)


def attempt(session: Session, attempt_id: UUID, *, lock: bool = False) -> Attempt | None:
    """One attempt, or None when there is no such id (a callback for something unknown)."""
    found = select(Attempt).where(Attempt.org_id == org_of(session), Attempt.id == attempt_id)
    return session.scalar(found.with_for_update() if lock else found)


def lock_attempts(session: Session, ids: Sequence[UUID]) -> dict[UUID, Attempt]:
    """Lock these attempts in id order, waiting for whoever holds one."""
    found = select(Attempt).where(Attempt.org_id == org_of(session), among(Attempt.id, ids)).order_by(Attempt.id)
    return {row.id: row for row in session.scalars(found.with_for_update().execution_options(populate_existing=True))}


def overdue_attempts(session: Session, *, most: int) -> list[Attempt]:
    """Attempts that are still `sending` past their lease: their worker died between claim and settle."""
    found = (
        select(Attempt)
        .where(
            Attempt.org_id == org_of(session), Attempt.state == "sending", Attempt.lease_until <= func.clock_timestamp()
        )
        .order_by(Attempt.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(found))


def provider_said(session: Session, *, attempt_id: UUID | None, sid: str, status: str, error_code: str) -> bool:
    """Keep a status callback; False when the same one was kept before."""
    done = session.execute(
        upsert(ProviderEvent)
        .values(
            org_id=org_of(session),
            attempt_id=attempt_id,
            provider_sid=sid,
            status=status,
            error_code=error_code,
            received_at=func.clock_timestamp(),
        )
        .on_conflict_do_nothing(index_elements=["org_id", "provider_sid", "status", "error_code"])
        .returning(ProviderEvent.id)
    )
    return done.first() is not None


def by_sid(session: Session, sid: str) -> Message | None:
    """The message the provider knows under this id."""
    return session.scalar(select(Message).where(Message.org_id == org_of(session), Message.provider_sid == sid))


def known_sids(session: Session, sids: Sequence[str]) -> set[str]:
    """Which of these provider ids belong to an attempt already: a look-up must not bind one twice."""
    found = select(Attempt.provider_sid).where(Attempt.org_id == org_of(session), Attempt.provider_sid.in_(sids))
    return {sid for sid in session.scalars(found) if sid}


def release_held(session: Session, *, most: int) -> list[tuple[UUID, str]]:
    """Held messages whose time has come are planned again: (id, purpose)."""
    done = session.execute(
        text(
            "UPDATE messages SET state = 'planned', hold_until = NULL WHERE org_id = :org AND id IN ("
            "SELECT id FROM messages WHERE org_id = :org AND state = 'held' AND hold_until <= :now ORDER BY hold_until LIMIT :most "
            "FOR UPDATE SKIP LOCKED) RETURNING id, purpose"
        ),
        {"org": org_of(session), "now": now(session), "most": most},
    )
    return [(row.id, row.purpose) for row in done]
