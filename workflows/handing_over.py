"""A message that no program and no rule answers goes to a person: the case that fits, and one text that says so."""

import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import ledger, numbers
from storage.db import org_of
from storage.tables import Case
from workflows import after_hours, answers, cases, readings, reopening, staff
from workflows.cases import Opening
from workflows.effects import Asked
from workflows.heard import SCHEDULING, Heard

SECOND_CHOICE = 2  # "Reply 2 if that does not work"
DESK = "front_office"
PROMISED = "we_promised"
TOLD_WHY = frozenset({"unknown_sender", "question", "hostile"})  # a request to sort out, not a riddle to read


def to_person(session: Session, heard: Heard) -> None:
    """Open the case that fits, or again the one that was closed on this matter; tell the patient that a person reads it."""
    if heard.patient is None and staff.is_phone_of_any(session, numbers.clear(session, heard.number)):
        ledger.write(session, [ledger.Line("read", "page.reply", None, heard.message.id, None, heard.number.id)])
        return  # a colleague answers a page by text; the case is claimed in Slack
    opening = _opening(session, heard)
    if reopening.reopen(session, opening) is None:
        cases.open_one(session, opening)
    if heard.suppressed or heard.flagged:
        return
    if heard.patient is None:
        answers.answer(session, heard.message, "who_is_this", language=heard.language)
    else:
        after_hours.answer(session, heard.message, "person_ack", patient=heard.patient, language=heard.language)


def promised(session: Session, heard: Heard) -> None:
    """They remind us of our word: the patient's open case is pressing now; without one somebody calls back (S92)."""
    if heard.reading.promise != PROMISED or heard.patient is None or heard.flagged or heard.stopping:
        return
    found = select(Case).where(
        Case.org_id == org_of(session), Case.patient_id == heard.patient.id, Case.state != "closed",
        Case.kind.not_in(cases.CLINICAL_KINDS),
    )  # fmt: skip
    case = session.scalars(found.order_by(Case.opened_at.desc()).limit(1)).first()
    if case is not None:
        pressing = "high" if case.priority == "normal" else case.priority
        open_still = [Case.state != "closed"]
        cases.change(
            session, case, "reminded", only_if=open_still, actor="patient", priority=pressing, promise=PROMISED
        )
        return
    cases.open_one(
        session,
        Opening(
            kind="call_back", team="patient_access", reason=PROMISED, due="2 business hours", priority="high",
            dedupe_key=f"msg:{heard.message.id}:promised", patient_id=heard.patient.id, number_id=heard.number.id,
            enrollment_id=heard.message.enrollment_id, message_id=heard.message.id,
        ),
    )  # fmt: skip
    if not heard.suppressed:
        after_hours.answer(session, heard.message, "call_ack", patient=heard.patient, language=heard.language)


def _opening(session: Session, heard: Heard) -> Opening:
    intents = set(heard.reading.intents)
    wants_time = bool(intents & SCHEDULING) or (heard.reading.choice == SECOND_CHOICE and heard.question is not None)
    scheduling = wants_time and not heard.by_phone and "hostile" not in intents
    kind, team = ("reschedule", "patient_access") if scheduling else ("review", DESK)
    if heard.by_phone:
        kind, team = "call_back", "patient_access"
    why = _why(session, heard, scheduling=scheduling)
    if why in TOLD_WHY and not scheduling:
        kind = "admin"
    asked = Asked(None, None, None, heard.message.id)
    if not heard.by_phone:
        asked = readings.asked(session, heard.message, heard.reading, patient=heard.patient)
    return Opening(
        kind=kind,
        team=team,
        reason=why,
        due="4 business hours",
        dedupe_key=f"msg:{heard.message.id}:{kind}",
        asked=asked.label,
        asked_start=asked.start,
        asked_end=asked.end,
        patient_id=heard.patient.id if heard.patient else None,
        number_id=heard.number.id,
        enrollment_id=heard.message.enrollment_id,
        message_id=heard.message.id,
    )


def _why(session: Session, heard: Heard, *, scheduling: bool) -> str:
    if heard.patient is None:
        return "unknown_sender"
    if "hostile" in heard.reading.intents:
        return "hostile"
    if scheduling:
        return "reply"
    if heard.reading.review and is_foreign(readings.words(session, heard.message)):
        return "other_language"
    return "question" if "question" in heard.reading.intents and not heard.reading.review else "unclear_reply"


def is_foreign(words: str) -> bool:
    """Whether most letters are of another alphabet than English and Spanish are written in."""
    letters = [letter for letter in words[:200] if letter.isalpha()]
    other = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return other * 2 > len(letters)
