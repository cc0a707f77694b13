"""Clinical words in a reply: a fixed approved text, never advice, a case for the clinical team, and every program stands still (C1)."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from storage import ledger, numbers
from storage.db import now
from storage.tables import Case, Message
from workflows import answers, business_time, cases, enrollments, surroundings
from workflows.understanding import Urgency

TEAM = "clinical"
NO_TEXTS = "Phone the patient: this number gets no texts, so no safety text was sent"


@dataclass(frozen=True, slots=True)
class Tier:
    """What follows from one urgency: the case, when it is due, and the patient's text."""

    kind: str
    priority: str
    text: str
    purpose: str
    minutes: int | None = None
    due: str = ""


TIERS = {
    Urgency.EMERGENCY: Tier("red_flag", "emergency", "emergency", "safety", minutes=5),
    Urgency.URGENT: Tier("clinical", "urgent", "urgent_ack", "answer", minutes=30),
    Urgency.CLINICAL: Tier("clinical", "high", "clinical_ack", "answer", due="4 business hours"),
}


def raise_flag(
    session: Session, message: Message, urgency: Urgency, *, rule: str, language: str, suppressed: bool, key: str = ""
) -> None:
    """Open the clinical case, pause the number's programs and plan the fixed text; no text to a suppressed number, the case says call.

    `rule` is the evidence's rule id: a category, never the patient's words. `key` stands for the message in what makes the case the
    only one of its kind: another key, another case.
    """
    tier = TIERS[urgency]
    enrollments.interrupt(session, enrollments.live_of(session, number_id=message.number_id), "clinical")
    zone = surroundings.organisation_of(session).zone
    at = now(session)
    due = at + timedelta(minutes=tier.minutes) if tier.minutes else business_time.due(tier.due, at, zone)
    case = cases.open_one(
        session,
        cases.Opening(
            kind=tier.kind,
            team=TEAM,
            priority=tier.priority,
            reason=rule,
            due=due,
            dedupe_key=f"{key or f'msg:{message.id}'}:{tier.kind}",
            patient_id=message.patient_id,
            number_id=message.number_id,
            enrollment_id=message.enrollment_id,
            message_id=message.id,
        ),
    )
    if suppressed:
        ledger.write(
            session,
            [ledger.Line("refused", "suppressed", message.enrollment_id, message.id, case.id, message.number_id)],
        )
        return
    answers.answer(session, message, tier.text, purpose=tier.purpose, language=language, by=due)


def no_text_reaches(session: Session, case: Case) -> str | None:
    """What whoever takes a clinical case must know first: the number gets no texts, so the patient heard nothing. None otherwise (R8)."""
    if case.kind not in cases.CLINICAL_KINDS or case.state == "closed" or case.number_id is None:
        return None
    return NO_TEXTS if numbers.suppressed(session, [case.number_id]) else None
