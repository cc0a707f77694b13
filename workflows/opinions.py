"""A language model's second opinion of a text: it may raise the flag or ask for a person, and nothing else (docs/second_opinion.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, messages, numbers
from storage.db import new_id, now, org_of, vault
from storage.tables import Case, Message, OpinionRow, Patient
from workflows import cases, corrections, readings, redaction, safety
from workflows.corrections import CLINICAL, Standing
from workflows.understanding import Urgency

RAISED, DOUBTED = "opinion.raised", "opinion.review"
MOST_LETTERS = 2_000
REVIEW_TEAM = "front_office"
OUTCOMES = frozenset({"raised", "review", "nothing", "settled", "fault"})


@dataclass(frozen=True, slots=True)
class ToAsk:
    """What leaves for the model: the text without who and when, and which question of ours was open."""

    text: str = field(repr=False)
    context: str | None
    redacted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """How it was asked, for the record; `took_ms` of machine time, of the last try."""

    kind: str
    model: str
    prompt: str
    redacted: Mapping[str, int]
    took_ms: int
    tries: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: an urgency and whether a person should look, or the code of a fault."""

    urgency: Urgency | None = None
    unsure: bool | None = None
    fault: str | None = None


def to_ask(session: Session, message_id: UUID) -> ToAsk | None:
    """The text for the model; None when it was asked before, staff have said what it means, or nothing could come of it."""
    standing = corrections.standings(session, [message_id]).get(message_id)
    if standing is None or standing.by or standing.means.urgency is Urgency.EMERGENCY or _known(session, message_id):
        return None
    message = messages.get(session, message_id)
    found = redaction.redact(readings.words(session, message)[:MOST_LETTERS], names=_names(session, message))
    return ToAsk(found.text, standing.reading.context, found.counts)


def hear(session: Session, message_id: UUID, heard: Heard, *, asked: Asked) -> None:
    """Keep the answer, and do the one of two things it may: raise the flag, or open a review case.

    Less urgent than the reading, a fault, or an answer after staff have said what the text means changes nothing. The only
    text a patient may get of it is the flag's own fixed one.
    """
    message = messages.get(session, message_id)
    numbers.lock(session, message.number_id)
    standing = corrections.standings(session, [message_id]).get(message_id)
    if standing is None or _known(session, message_id):
        return
    outcome = _outcome(heard, standing)
    row = OpinionRow(
        org_id=org_of(session), id=new_id(session), message_id=message_id, kind=asked.kind, model=asked.model,
        prompt=asked.prompt, redacted=dict(asked.redacted), urgency=heard.urgency.value if heard.urgency else None,
        unsure=heard.unsure, fault=heard.fault, outcome=outcome, took_ms=asked.took_ms, tries=asked.tries, asked_at=now(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    if outcome == "raised" and heard.urgency is not None:
        safety.raise_flag(
            session, message, heard.urgency, rule=RAISED, language=readings.language(session, message, standing.reading),
            suppressed=corrections.hushed(session, message, standing.means.intents), key=f"opinion:{row.id}",
            intents=standing.means.intents,
        )  # fmt: skip
    elif outcome == "review":
        _review(session, message)
    if outcome in ("raised", "review"):
        detail = {"was": standing.means.urgency.value, "is": row.urgency, "model": asked.model, "prompt": asked.prompt}
        subject = ("message", show("msg", message_id))
        audit.record(session, f"opinion.{outcome}", actor="system", subject=subject, **detail)


def _outcome(heard: Heard, standing: Standing) -> str:
    """Raise-only: the one place that decides what an answer may do."""
    if heard.urgency is None:
        return "fault"
    if standing.by:
        return "settled"
    if heard.urgency.weight > standing.means.urgency.weight:
        return "raised" if heard.urgency in CLINICAL else "review"
    unseen = standing.means.urgency not in CLINICAL and not standing.reading.review
    return "review" if heard.unsure and unseen else "nothing"


def _review(session: Session, message: Message) -> None:
    """A person reads it, unless somebody has a case about it already."""
    there = select(Case.id).where(Case.org_id == org_of(session), Case.message_id == message.id, Case.state != "closed")
    if session.scalar(there.limit(1)) is not None:
        return
    opening = cases.Opening(
        kind="review", team=REVIEW_TEAM, reason=DOUBTED, due="4 business hours", dedupe_key=f"msg:{message.id}:review",
        patient_id=message.patient_id, number_id=message.number_id, enrollment_id=message.enrollment_id, message_id=message.id,
    )  # fmt: skip
    cases.open_one(session, opening)


def _known(session: Session, message_id: UUID) -> bool:
    found = select(OpinionRow.id).where(OpinionRow.org_id == org_of(session), OpinionRow.message_id == message_id)
    return session.scalar(found) is not None


def _names(session: Session, message: Message) -> list[str]:
    """Of the patient and everybody charted with the number: whom such a text is likely to name."""
    people = {patient.id: patient for patient in numbers.patients_of(session, message.number_id)}
    own = session.get(Patient, (org_of(session), message.patient_id)) if message.patient_id else None
    if own is not None:
        people[own.id] = own
    keys = vault(session)
    return [
        keys.open(getattr(one, part), f"patients.{part}", one.id)
        for one in people.values()
        for part in ("given", "family")
    ]
