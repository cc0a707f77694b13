"""A wrong number in somebody's own words: texts stop at once, and it is read back before the chart is said to be wrong (S31).

A digit settles it, or a second "wrong number", or a day without an answer; an explicit 9 never comes here.
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, messages, outbox
from storage.db import now, org_of
from storage.outbox import Topic
from storage.tables import Enrollment, Message, PhoneNumber
from workflows import answers, consent, enrollments
from workflows.understanding import Reading

SILENCE = timedelta(days=1)
PAUSED_FOR = "wrong_number_said"
WRONG, RIGHT = frozenset({1, 9}), 2
MOST = 50


def open_one(session: Session, message: Message, number: PhoneNumber, *, language: str) -> None:
    """Stop everything to the number and ask once whether it is wrong."""
    number.doubted_at = now(session)
    session.flush()
    gone = messages.cancel_planned(session, number_id=number.id, rule="number.doubted")
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    live = enrollments.live_of(session, number_id=number.id)
    enrollments.interrupt(session, live, PAUSED_FOR)
    session.execute(
        update(Enrollment)
        .where(Enrollment.org_id == org_of(session), Enrollment.id.in_(live))
        .values(wake_at=now(session) + SILENCE)
    )
    ledger.write(session, [ledger.Line("paused", "number.doubted", message.enrollment_id, message.id, None, number.id)])
    answers.answer(session, message, "wrong_number_check", language=language)
    if not live:  # nothing runs that a timer could settle: the person who corrects the chart does
        consent.correct_the_chart(session, message)


def settled(session: Session, message: Message, number: PhoneNumber, *, reading: Reading, language: str) -> bool:
    """Whether this reply settled what was in doubt: 1 or 9, or the words again, say wrong; 2 says right."""
    if number.doubted_at is None:
        return False
    if reading.choice in WRONG or "wrong_number" in reading.intents:
        number.doubted_at = None
        session.flush()
        consent.wrong_number(session, message, language=language)
        return True
    if reading.choice == RIGHT:
        _right(session, message, number)
        answers.answer(session, message, "thanks", language=language)
        return True
    return False


def settle_silent(session: Session) -> int:
    """Numbers in doubt for a day without an answer are taken as wrong; how many."""
    found = (
        select(PhoneNumber)
        .where(PhoneNumber.org_id == org_of(session), PhoneNumber.doubted_at <= now(session) - SILENCE)
        .order_by(PhoneNumber.id)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    numbers = list(session.scalars(found))
    for number in numbers:
        said = session.scalars(
            select(Message).where(
                Message.org_id == number.org_id,
                Message.number_id == number.id,
                Message.direction == "in",
                Message.created_at == number.doubted_at,
            )
        ).first()
        number.doubted_at = None
        session.flush()
        if said is not None:
            consent.wrong_number(session, said, language=None)
    return len(numbers)


def _right(session: Session, message: Message, number: PhoneNumber) -> None:
    number.doubted_at = None
    session.flush()
    paused = select(Enrollment.id).where(
        Enrollment.org_id == number.org_id, Enrollment.number_id == number.id, Enrollment.paused_for == PAUSED_FOR
    )
    for enrollment_id in list(session.scalars(paused.order_by(Enrollment.id))):
        enrollments.resume(session, enrollment_id)
    ledger.write(session, [ledger.Line("resumed", "number.right", message.enrollment_id, message.id, None, number.id)])
    audit.record(session, "number.confirmed", actor="patient", subject=("number", show("num", number.id)))
