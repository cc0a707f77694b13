"""What a number allows: opt-out before anything else, in any words, for every program and everybody on that number."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger, messages, numbers, outbox
from storage.db import now, org_of
from storage.outbox import Topic
from storage.tables import Case, Consent, Message, PhoneNumber
from workflows import answers, cases, enrollments, sending_rules

SPOKEN = frozenset({"verbal", "spoken", "phone"})
KEYWORD_WHO = "holder of the number"


def record(
    session: Session,
    number: PhoneNumber,
    *,
    who: str,
    given_at: datetime,
    how: str,
    wording: str,
    scope: str,
    by: str = "system",
) -> None:
    """Put a consent on file; Refused unless all six facts are there (T7: who, when, how, wording, scope, number).

    `scope` beginning with "marketing" covers texts that sell and must be in writing (any `how` but verbal); every other is
    care.
    """
    if not all((who.strip(), how.strip(), wording.strip(), scope.strip())):
        raise Refused("A consent needs who gave it, when, how, the wording and the scope. It was not recorded.")
    kind = numbers.MARKETING if scope.startswith(numbers.MARKETING) else "care"
    written = how.strip().lower() not in SPOKEN
    if kind == numbers.MARKETING and not written:
        raise Refused("Marketing needs a written consent; a spoken one covers care texts only. It was not recorded.")
    session.add(
        Consent(
            org_id=org_of(session), number_id=number.id, who=who, given_at=given_at, how=how, wording=wording, scope=scope,
            consent_class=kind, written=written, recorded_by=by,
        )
    )  # fmt: skip
    ledger.write(session, [ledger.Line("kept", f"consent.{kind}", number=number.id, detail={"how": how})])
    audit.record(
        session, "consent.recorded", actor=by, subject=("number", show("num", number.id)), scope=scope, how=how
    )


def number_of(session: Session, case: Case) -> UUID:
    """The number behind a case: its own, else the best of its patient's. Refused without one."""
    if case.number_id is not None:
        return case.number_id
    found = numbers.of_patient(session, case.patient_id) if case.patient_id else []
    if not found:
        raise Refused(f"Case {case.number} has no phone number behind it. Nothing was changed.")
    return found[0].id


def verify(session: Session, number_id: UUID, *, by: str) -> None:
    """Staff asked: the number is the patient's after all. It may be texted again, if a consent is on file (N15)."""
    if numbers.lift(session, number_id, verified=True):
        ledger.write(session, [ledger.Line("started", "number.verified", number=number_id)])
        audit.record(session, "number.verified", actor=by, subject=("number", show("num", number_id)))


def withdraw(session: Session, number_id: UUID, *, scope: str, by: str) -> None:
    """Staff were told that somebody wants no more texts (R2): `all`, or `marketing` alone. At once, as if they had written STOP."""
    if scope == "all":
        stop_number(session, number_id, source="staff", reason="opted_out", message_id=None, actor=by)
        return
    if scope != numbers.MARKETING:
        raise Refused("Texts can be stopped for all, or for marketing. Nothing was changed.")
    stop_marketing(session, number_id, source="staff", message_id=None, actor=by)


def stop_marketing(session: Session, number_id: UUID, *, source: str, message_id: UUID | None, actor: str) -> bool:
    """No marketing text to this number any more; care texts go on. False when that was so already."""
    first = numbers.suppress(session, number_id, source=source, message_id=message_id, scope=numbers.MARKETING)
    session.execute(
        update(Consent)
        .where(
            Consent.org_id == org_of(session), Consent.number_id == number_id, Consent.withdrawn_at.is_(None),
            Consent.consent_class == numbers.MARKETING,
        )
        .values(withdrawn_at=now(session))
    )  # fmt: skip
    ledger.write(
        session, [ledger.Line("stopped", "number.marketing", None, message_id, None, number_id, {"source": source})]
    )
    audit.record(session, "number.marketing_stopped", actor=actor, subject=("number", show("num", number_id)))
    return first


def opt_out(
    session: Session, message: Message, *, source: str, confirm: bool, language: str, marketing_only: bool = False
) -> None:
    """Nothing more is texted to this number: suppressed, planned texts gone, every program on it ended, in this transaction (R1–R3).

    `confirm` plans the single confirmation (R4): not when the carrier has sent its own. `marketing_only`: the words plainly named
    only what sells.
    """
    said = "opt_out_marketing" if marketing_only else "opt_out"
    if marketing_only or _of_marketing_only(session, message):
        first = stop_marketing(session, message.number_id, source=source, message_id=message.id, actor="patient")
    else:
        first = stop_number(session, message.number_id, source=source, reason="opted_out", message_id=message.id)
    if first and confirm:
        answers.answer(session, message, said, purpose="opt_out", language=language)


def stop_number(
    session: Session, number_id: UUID, *, source: str, reason: str, message_id: UUID | None, actor: str = "patient"
) -> bool:
    """Suppress a number and end what runs on it for `reason` (opted_out, wrong_number); False when it was suppressed before."""
    first = numbers.suppress(session, number_id, source=source, message_id=message_id)
    gone = messages.cancel_planned(session, number_id=number_id, rule=reason)
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    enrollments.interrupt(session, enrollments.live_of(session, number_id=number_id), reason)
    line = ledger.Line(
        "stopped", f"number.{reason}", None, message_id, None, number_id, {"source": source, "cancelled": len(gone)}
    )
    ledger.write(session, [line])
    audit.record(session, "number.suppressed", actor=actor, subject=("number", show("num", number_id)), source=source)
    return first


def opt_in(session: Session, message: Message, *, language: str) -> None:
    """START, JOIN and their like: texts are allowed, again or for the first time; a whole consent is written down (R6, T7).

    Not where somebody told us that the number is not the patient's: only staff lift that.
    """
    number = numbers.lock(session, message.number_id)
    lifted = numbers.lift(session, number.id)
    if numbers.stops(session, [number.id]):
        return
    new = number.id not in numbers.consented(session, [number.id])
    if new:
        record(
            session, number, who=KEYWORD_WHO, given_at=now(session), how="keyword", wording=f"keyword:{show('msg', message.id)}",
            scope="care texts", by="patient",
        )  # fmt: skip
    if lifted:
        audit.record(session, "number.opted_in", actor="patient", subject=("number", show("num", message.number_id)))
        ledger.write(session, [ledger.Line("started", "number.opted_in", None, message.id, None, message.number_id)])
    if lifted or new:
        answers.answer(session, message, "opt_in" if lifted else "joined", language=language)


def _of_marketing_only(session: Session, message: Message) -> bool:
    """Whether STOP answers a marketing text in an organisation that narrows it so; to a care text it stops everything (R5)."""
    rules = sending_rules.of(session)
    if rules.opt_out_scope != numbers.MARKETING or now(session).date() >= sending_rules.NARROW_UNTIL:
        return False
    program = enrollments.program_of(session, message.enrollment_id) if message.enrollment_id else None
    return program is not None and program.consent == numbers.MARKETING


def may_have_meant_the_visit(session: Session, message: Message) -> None:
    """CANCEL stops texts by law, and may have meant the appointment: a person asks (N4)."""
    _case(session, message, kind="opt_out_check", reason="cancel_word", due="2 business hours")


def wrong_number(session: Session, message: Message, *, language: str | None) -> None:
    """Somebody else has this number: stop it for everybody charted there, and have the chart corrected (R7, N15).

    `language`: of the one text that says so; None sends none.
    """
    first = stop_number(session, message.number_id, source="wrong_number", reason="wrong_number", message_id=message.id)
    if first and language is not None:
        answers.answer(session, message, "wrong_number", purpose="opt_out", language=language)
    correct_the_chart(session, message)


def correct_the_chart(session: Session, message: Message) -> None:
    """Somebody at this number says that it is not the patient's: work for whoever keeps the chart, one case however often it is said."""
    known = select(Case.id).where(
        Case.org_id == org_of(session),
        Case.number_id == message.number_id,
        Case.kind == "wrong_number",
        Case.state != "closed",
    )
    if session.scalar(known.limit(1)) is not None:
        return
    _case(session, message, kind="wrong_number", reason="wrong_number", due="1 business day")


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
