"""What a number allows: opt-out before anything else, in any words, for every program and everybody on that number."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger, messages, numbers, outbox
from storage.db import org_of
from storage.outbox import Topic
from storage.tables import Consent, Message, PhoneNumber
from workflows import answers, cases, enrollments


def record(
    session: Session, number: PhoneNumber, *, who: str, given_at: datetime, how: str, wording: str, scope: str
) -> None:
    """Put a consent on file; Refused unless all six facts are there (T7: who, when, how, wording, scope, number)."""
    if not all((who.strip(), how.strip(), wording.strip(), scope.strip())):
        raise Refused("A consent needs who gave it, when, how, the wording and the scope. It was not recorded.")
    session.add(
        Consent(
            org_id=org_of(session),
            number_id=number.id,
            who=who,
            given_at=given_at,
            how=how,
            wording=wording,
            scope=scope,
        )
    )
    audit.record(session, "consent.recorded", actor="system", subject=("number", show("num", number.id)), scope=scope)


def opt_out(session: Session, message: Message, *, source: str, confirm: bool, language: str) -> None:
    """Nothing more is texted to this number: suppressed, planned texts gone, every program on it ended, in this transaction (R1–R3).

    `confirm` plans the single confirmation (R4): not when the carrier has sent its own.
    """
    first = stop_number(session, message.number_id, source=source, reason="opted_out", message_id=message.id)
    if first and confirm:
        answers.answer(session, message, "opt_out", purpose="opt_out", language=language)


def stop_number(session: Session, number_id: UUID, *, source: str, reason: str, message_id: UUID | None) -> bool:
    """Suppress a number and end what runs on it for `reason` (opted_out, wrong_number); False when it was suppressed before."""
    first = numbers.suppress(session, number_id, source=source, message_id=message_id)
    gone = messages.cancel_planned(session, number_id=number_id, rule=reason)
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    enrollments.interrupt(session, enrollments.live_of(session, number_id=number_id), reason)
    line = ledger.Line(
        "stopped", f"number.{reason}", None, message_id, None, number_id, {"source": source, "cancelled": len(gone)}
    )
    ledger.write(session, [line])
    audit.record(
        session, "number.suppressed", actor="patient", subject=("number", show("num", number_id)), source=source
    )
    return first


def opt_in(session: Session, message: Message, *, language: str) -> None:
    """START and its like from a suppressed number: texts are allowed again, and it is logged (R6)."""
    if numbers.lift(session, message.number_id):
        audit.record(session, "number.opted_in", actor="patient", subject=("number", show("num", message.number_id)))
        ledger.write(session, [ledger.Line("started", "number.opted_in", None, message.id, None, message.number_id)])
        answers.answer(session, message, "opt_in", language=language)


def may_have_meant_the_visit(session: Session, message: Message) -> None:
    """CANCEL stops texts by law, and may have meant the appointment: a person asks (N4)."""
    _case(session, message, kind="opt_out_check", reason="cancel_word", due="2 business hours")


def wrong_number(session: Session, message: Message, *, language: str) -> None:
    """Somebody else has this number: stop it for everybody charted there, and have the chart corrected (R7, N15)."""
    if stop_number(session, message.number_id, source="wrong_number", reason="wrong_number", message_id=message.id):
        answers.answer(session, message, "wrong_number", purpose="opt_out", language=language)
    _case(session, message, kind="wrong_number", reason="wrong_number", due="1 business day")


def deceased(session: Session, message: Message) -> None:
    """A family tells of a death: silence, everything ends, and a person takes it from here."""
    gone = messages.cancel_planned(session, number_id=message.number_id, rule="deceased")
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    enrollments.interrupt(session, enrollments.live_of(session, number_id=message.number_id), "deceased")
    _case(session, message, kind="admin", reason="deceased", due="2 business hours", priority="high")


def _case(session: Session, message: Message, *, kind: str, reason: str, due: str, priority: str = "normal") -> None:
    cases.open_one(
        session,
        cases.Opening(
            kind=kind,
            team="front_office",
            reason=reason,
            due=due,
            priority=priority,
            dedupe_key=f"msg:{message.id}:{kind}",
            patient_id=message.patient_id,
            number_id=message.number_id,
            message_id=message.id,
        ),
    )
