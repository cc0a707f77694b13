"""Clinical words, wherever they were said: a fixed text, never advice, a clinical case, every program stands still (C1).

Texts, a form's comments, and later a call's transcript or an e-mail come as messages; what staff write down comes as a note.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage import ledger, numbers
from storage.db import now, org_of
from storage.tables import Case, Enrollment, Message
from workflows import answers, cases, enrollments, lexicons, readings, team_hours, understanding
from workflows.roles import Role
from workflows.staff import Who
from workflows.understanding import Urgency

TEAM = "clinical"
NO_TEXTS = "Phone the patient: this number gets no texts, so no safety text was sent"
CRISIS = "crisis"  # the text for a wish to die or to hurt oneself
NOTED = frozenset({Urgency.EMERGENCY, Urgency.URGENT})
GO_ON = frozenset({"no_concern"})  # closings after which the program that raised it goes on …
OTHERS_GO_ON = GO_ON | {"handled", "visit_arranged"}  # … or at least the patient's other programs; else all end


@dataclass(frozen=True, slots=True)
class Tier:
    """What follows from one urgency: the case, when it is due, and the patient's text."""

    kind: str
    priority: str
    text: str
    purpose: str
    minutes: int | None = None
    due: str = ""

    def due_at(self, session: Session) -> datetime:
        """By when a person must have acted."""
        if self.minutes:
            return now(session) + timedelta(minutes=self.minutes)
        return team_hours.due(session, TEAM, self.due)


TIERS = {
    Urgency.EMERGENCY: Tier("red_flag", "emergency", "emergency", "safety", minutes=5),
    Urgency.URGENT: Tier("clinical", "urgent", "urgent_ack", "answer", minutes=30),
    Urgency.CLINICAL: Tier("clinical", "high", "clinical_ack", "answer", due="4 business hours"),
}


def raise_flag(
    session: Session,
    message: Message,
    urgency: Urgency,
    *,
    rule: str,
    language: str,
    suppressed: bool,
    key: str = "",
    intents: Collection[str] = (),
) -> None:
    """Open the clinical case, pause the programs and plan the fixed text; no text to a suppressed number, the case says call.

    `rule` is the evidence's rule id: a category, never the patient's words. `key` stands for the message in what makes the case the
    only one of its kind: another key, another case.
    """
    tier = TIERS[urgency]
    pause(session, patient_id=message.patient_id, number_id=message.number_id)
    case = cases.open_one(
        session,
        cases.Opening(
            kind=tier.kind,
            team=TEAM,
            priority=tier.priority,
            reason=rule,
            due=tier.due_at(session),
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
    answers.answer(
        session, message, _text(tier, intents), purpose=tier.purpose, language=language, by=tier.due_at(session)
    )


def note(session: Session, case: Case, words: str, *, by: Who) -> Case | None:
    """Read what staff wrote about a patient: an emergency or an urgent matter becomes a case of the clinical team, no text to anybody.

    Not on a clinical case, and not when a clinician wrote it: they know, and their judgement is not second-guessed.
    """
    if case.patient_id is None or case.kind in cases.CLINICAL_KINDS or by.role is Role.CLINICIAN:
        return None
    local = readings.at_home(session, None, now(session))
    reading = understanding.read(words, context=None, ref=local, words=lexicons.of(session))
    if reading.urgency not in NOTED:
        return None
    pause(session, patient_id=case.patient_id, number_id=case.number_id)
    tier = TIERS[reading.urgency]
    return cases.open_one(
        session,
        cases.Opening(
            kind=tier.kind,
            team=TEAM,
            priority=tier.priority,
            reason=f"note.{reading.evidence[0].rule if reading.evidence else reading.urgency.value}",
            due=tier.due_at(session),
            dedupe_key=f"note:{case.id}:{case.version}",
            patient_id=case.patient_id,
            number_id=case.number_id,
            enrollment_id=case.enrollment_id,
            message_id=case.message_id,
        ),
    )


def pause(session: Session, *, patient_id: UUID | None, number_id: UUID | None) -> None:
    """Every program of the patient, and on the number it came from, stands still until a person has judged."""
    live = set(enrollments.live_of(session, number_id=number_id)) if number_id else set()
    if patient_id is not None:
        live |= set(enrollments.live_of(session, patient_id=patient_id))
    enrollments.interrupt(session, sorted(live), enrollments.CLINICAL)


def settled(session: Session, case: Case, disposition: str) -> None:
    """A person closed a clinical case: its program goes on or ends, and so do the others that stood still, once no such case is open."""
    if case.enrollment_id is not None and disposition not in GO_ON:
        enrollments.withdraw(session, case.enrollment_id)
    if _another_open(session, case):
        return
    for enrollment_id in _standing_still(session, case):
        if disposition in OTHERS_GO_ON:
            enrollments.resume(session, enrollment_id, clinical=True)
        else:
            enrollments.withdraw(session, enrollment_id)


def no_text_reaches(session: Session, case: Case) -> str | None:
    """What whoever takes a clinical case must know first: the number gets no texts, so the patient heard nothing. None otherwise (R8)."""
    if case.kind not in cases.CLINICAL_KINDS or case.state == "closed" or case.number_id is None:
        return None
    return NO_TEXTS if numbers.suppressed(session, [case.number_id]) else None


def _text(tier: Tier, intents: Collection[str]) -> str:
    """988 first for a wish to die; where the body is in danger too, the text that names both."""
    crisis = tier.text == "emergency" and "mental_health" in intents and "emergency" not in intents
    return CRISIS if crisis else tier.text


def _another_open(session: Session, case: Case) -> bool:
    """Whether another clinical case of this patient, or of this number, waits or is being worked on."""
    theirs = or_(Case.patient_id == case.patient_id, Case.number_id == case.number_id)
    waiting = (Case.state != "closed") & Case.kind.in_(cases.CLINICAL_KINDS) & (Case.id != case.id)
    found = select(Case.id).where(Case.org_id == org_of(session), theirs, waiting)
    return session.scalar(found.limit(1)) is not None


def _standing_still(session: Session, case: Case) -> list[UUID]:
    theirs = or_(Enrollment.patient_id == case.patient_id, Enrollment.number_id == case.number_id)
    still = Enrollment.paused_for == enrollments.CLINICAL
    found = select(Enrollment.id).where(Enrollment.org_id == org_of(session), theirs, still)
    return list(session.scalars(found.order_by(Enrollment.id)))
