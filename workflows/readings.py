"""What the understanding made of a text, kept beside it: intents, urgency, when, and the evidence."""

import json
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import ledger, messages, outbox
from storage.db import new_id, now, org_of, vault
from storage.outbox import Lane, Topic
from storage.tables import Enrollment, FormAnswer, Message, Patient, ReadingRow
from workflows import lexicons, publishing, surroundings, understanding, windows
from workflows.effects import Asked
from workflows.programs.model import AskStep
from workflows.understanding import Reading, Urgency
from workflows.understanding.readings import When

MODEL = "opinion"  # the organisation's setting: a language model is asked too (docs/second_opinion.md)


def read(session: Session, message: Message, body: str, *, context: str | None, patient: Patient | None) -> Reading:
    """Read a text against the open question, by the patient's own clock, and write down what was read."""
    zone = _zone(session, patient)
    at = at_home(session, patient, now(session))
    reading = understanding.read(body, context=context, ref=at, words=lexicons.of(session))
    row = new_id(session)
    evidence = json.dumps([[e.rule, e.start, e.end, e.text] for e in reading.evidence])
    when = _wanted(reading, at)
    session.add(
        ReadingRow(
            org_id=org_of(session),
            id=row,
            message_id=message.id,
            engine=reading.version,
            context=context,
            intents=list(reading.intents),
            urgency=reading.urgency.value,
            confidence=reading.confidence,
            review=reading.review,
            opt_out=reading.opt_out,
            score=reading.score,
            choice=reading.choice,
            language=reading.language,
            when_label=when.label() if when else None,
            when_start=_utc(when.start, zone) if when else None,
            when_end=_utc(when.end, zone) if when else None,
            when_grain=when.grain if when else None,
            objection=reading.objection,
            next_step=reading.next_step,
            promise=reading.promise,
            evidence=vault(session).seal(evidence, "readings.evidence", row),
            read_at=now(session),
        )
    )
    detail = {
        "intents": list(reading.intents),
        "urgency": reading.urgency.value,
        "review": reading.review,
        "context": context,
    }
    line = ledger.Line("read", "reading", message.enrollment_id, message.id, None, message.number_id, detail)
    ledger.write(session, [line])
    _ask_a_model(session, message, reading)
    return reading


def _ask_a_model(session: Session, message: Message, reading: Reading) -> None:
    """Promise the question for a second opinion, where the organisation has a model and something could come of it.

    Not in the safety lane: a model that takes seconds must not stand before an emergency's card.
    """
    decided = reading.urgency is Urgency.EMERGENCY or reading.choice is not None
    keyword = any(evidence.rule.startswith(("keyword.", "tapback.")) for evidence in reading.evidence)
    if surroundings.organisation_of(session).settings.get(MODEL) and not decided and not keyword:
        outbox.put(session, Topic.OPINION_ASK, message.id, lane=Lane.REPORTS)


def words(session: Session, message: Message) -> str:
    """What of an inbound message is read: a text's body, a form's free words."""
    if message.channel != "form":
        return messages.body(session, message)
    found = select(FormAnswer).where(FormAnswer.org_id == org_of(session), FormAnswer.message_id == message.id)
    row = session.scalar(found)
    if row is None or row.words is None:
        return ""
    said: dict[str, str] = json.loads(vault(session).open(row.words, "form_answers.words", row.id))
    return "\n".join(said.values())


def language(session: Session, message: Message, row: ReadingRow) -> str:
    """In which language whoever wrote it is answered: the chart's, else the one it was written in."""
    patient = session.get(Patient, (org_of(session), message.patient_id)) if message.patient_id else None
    return patient.language if patient else row.language or "en"


def at_home(session: Session, patient: Patient | None, at: datetime) -> datetime:
    """That moment on the patient's own clock, as the understanding takes it (naive)."""
    return at.astimezone(ZoneInfo(_zone(session, patient))).replace(tzinfo=None)


def context(session: Session, question: Message | None) -> str | None:
    """What the outstanding question was, as the understanding names it."""
    if question is None or question.enrollment_id is None or question.step is None:
        return None
    row = session.scalar(
        select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == question.enrollment_id)
    )
    if row is None:
        return None
    step = publishing.snapshots(session, {row.version_id})[row.version_id].steps.get(question.step)
    return step.context if isinstance(step, AskStep) else None


def _wanted(reading: Reading, at: datetime) -> When | None:
    """The time that a text asks for: none asks for a time gone by."""
    return reading.when if reading.when and reading.when.end > at else None


def asked(session: Session, message: Message, reading: Reading, *, patient: Patient | None) -> Asked:
    """The time a text asked for, coded, in UTC."""
    when = _wanted(reading, at_home(session, patient, now(session)))
    zone = _zone(session, patient)
    return Asked(
        label=when.label() if when else None,
        start=_utc(when.start, zone) if when else None,
        end=_utc(when.end, zone) if when else None,
        message_id=message.id,
    )


def _zone(session: Session, patient: Patient | None) -> str:
    """The patient's likeliest zone; the ZIP it stands on is opened once a transaction."""
    known: dict[UUID | None, str] = session.info.setdefault("zones", {})
    key = patient.id if patient else None
    if key not in known:
        known[key] = windows.zones(surroundings.place(session, patient, None))[0]
    return known[key]


def _utc(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
