"""Staff say what a text really meant: kept as a labelled example beside the reading, which stays as it was read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, messages, numbers
from storage.arrays import among
from storage.db import new_id, now, org_of
from storage.tables import Case, Correction, Message, Patient, ReadingRow, Staff
from workflows import cases, consent, readings, safety, silence, staff, talks
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.understanding import Urgency
from workflows.understanding.labels import LABELS

NOTES = {
    "missed": "It was more urgent than it was read",
    "false_alarm": "It was less urgent than it was read",
    "meaning": "It means something else",
    "other": "Another reason",
}
CLINICAL = frozenset({Urgency.EMERGENCY, Urgency.URGENT, Urgency.CLINICAL})
HUSHING = frozenset({"opt_out", "deceased"})
TIMED = frozenset({"time_given", "reschedule", "defer", "ready"})
BATCH = 200


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text means, as labels and urgency of the contract."""

    intents: tuple[str, ...]
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Standing:
    """What a text counts as now: its newest reading, or what staff said after it (`by`, `note`)."""

    reading: ReadingRow
    means: Meaning
    by: str | None = None
    note: str | None = None

    @property
    def opt_out(self) -> bool:
        """Whether it is a wish that texts stop."""
        return "opt_out" in self.means.intents


def standings(session: Session, message_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """What each of these texts counts as now, in two queries; texts that were never read are left out."""
    read = select(ReadingRow).where(ReadingRow.org_id == org_of(session), among(ReadingRow.message_id, message_ids))
    found = {
        row.message_id: Standing(row, Meaning(tuple(row.intents), Urgency(row.urgency)))
        for row in session.scalars(read.order_by(ReadingRow.read_at, ReadingRow.id))
    }
    said = (
        select(Correction, Staff.name)
        .join(Staff, (Staff.org_id == Correction.org_id) & (Staff.id == Correction.staff_id))
        .where(Correction.org_id == org_of(session), among(Correction.message_id, message_ids))
    )
    for row, name in session.execute(said.order_by(Correction.corrected_at, Correction.id)):
        if row.message_id in found:
            means = Meaning(tuple(row.intents), Urgency(row.urgency))
            found[row.message_id] = Standing(found[row.message_id].reading, means, name, row.note)
    return found


def correct(
    session: Session, case_id: UUID, message_id: UUID, *, means: Meaning, note: str, by: Who
) -> Correction | None:
    """Write down what a text of this case's conversation means; None when it counts as that already.

    More urgent in a clinical tier raises the flag as the reading would have; a wish that texts stop stops them, a death ends all
    automation. Less urgent changes no case: people close those. Refused for a role or team that may not work on the case, and for
    lowering a clinical tier by anybody but a clinician.
    """
    case = cases.get(session, case_id)
    staff.demand_work(session, by, case)
    message = _of_case(session, case, message_id)
    number = numbers.lock(session, message.number_id)  # so two corrections of one text come one after the other
    before = standings(session, [message.id]).get(message.id)
    if before is None:
        raise Refused("This text was never read, so there is nothing to correct. Nothing was changed.")
    means = _checked(means, note)
    if before.means.urgency in CLINICAL and means.urgency.weight < before.means.urgency.weight:
        demand(by.role, Verb.LOWER_READING)
    if set(means.intents) == set(before.means.intents) and means.urgency is before.means.urgency:
        return None
    made = _keep(session, case, before, means=means, note=note, by=by)
    if means.urgency in CLINICAL and means.urgency.weight > before.means.urgency.weight:
        safety.raise_flag(
            session, message, means.urgency, rule="corrected", language=readings.language(session, message, before.reading),
            suppressed=hushed(session, message, means.intents), key=f"cor:{made.id}", intents=means.intents,
        )  # fmt: skip
    if "deceased" in means.intents and "deceased" not in before.means.intents:
        silence.deceased(session, message)
    if "opt_out" in means.intents and not before.opt_out:
        consent.withdraw(session, number.id, scope="all", by=by.actor)
    return made


def hushed(session: Session, message: Message, intents: Collection[str]) -> bool:
    """Whether no automated text may follow what this message means: its number is stopped, or somebody is not to be written to."""
    if HUSHING & set(intents) or numbers.suppressed(session, [message.number_id]):
        return True
    patient = session.get(Patient, (org_of(session), message.patient_id)) if message.patient_id else None
    people = [patient] if patient else numbers.patients_of(session, message.number_id)
    return any(one.do_not_contact or one.deceased for one in people)


def _of_case(session: Session, case: Case, message_id: UUID) -> Message:
    found = select(Message).where(
        Message.org_id == org_of(session), Message.id == message_id, Message.direction == "in", talks.of_case(case)
    )
    message = session.scalar(found)
    if message is None:
        raise Refused("This text does not belong to the case. Nothing was changed.")
    return message


def _checked(means: Meaning, note: str) -> Meaning:
    chosen = tuple(label for label in LABELS if label in means.intents)
    if not chosen or len(chosen) != len(set(means.intents)):
        raise Refused("Pick at least one meaning from the list. Nothing was changed.")
    if note not in NOTES:
        raise Refused("Pick a reason. Nothing was changed.")
    return Meaning(chosen, means.urgency)


def _keep(session: Session, case: Case, before: Standing, *, means: Meaning, note: str, by: Who) -> Correction:
    made = Correction(
        org_id=org_of(session),
        id=new_id(session),
        message_id=before.reading.message_id,
        reading_id=before.reading.id,
        case_id=case.id,
        engine=before.reading.engine,
        was_intents=list(before.means.intents),
        was_urgency=before.means.urgency.value,
        intents=list(means.intents),
        urgency=means.urgency.value,
        note=note,
        staff_id=by.id,
        corrected_at=now(session),
    )
    session.add(made)
    session.flush()
    detail: dict[str, str | int | None] = {
        "case": show("cas", case.id),
        "engine": made.engine,
        "was": f"{made.was_urgency}: {' '.join(made.was_intents)}",
        "is": f"{made.urgency}: {' '.join(made.intents)}",
        "note": note,
    }
    audit.record(
        session, "reading.corrected", actor=by.actor, subject=("message", show("msg", made.message_id)), **detail
    )
    return made


def count(session: Session) -> int:
    """How many texts have been corrected."""
    return len(_corrected(session))


def examples(session: Session) -> Iterator[dict[str, Any]]:
    """Every corrected text, opened, as a labelled line that `understand --eval` reads. Patient words: for a closed file only."""
    corrected = _corrected(session)
    for start in range(0, len(corrected), BATCH):
        ids = corrected[start : start + BATCH]
        known = standings(session, ids)
        texts = messages.get_many(session, ids)
        for message_id in ids:
            yield _example(session, texts[message_id], known[message_id])
        session.expunge_all()


def _corrected(session: Session) -> list[UUID]:
    found = select(Correction.message_id).where(Correction.org_id == org_of(session)).distinct()
    return list(session.scalars(found.order_by(Correction.message_id)))


def _example(session: Session, message: Message, standing: Standing) -> dict[str, Any]:
    """Score and time are as they were read: staff saw them and let them stand; a time goes where no label asks for one."""
    row = standing.reading
    timed = row.when_start is not None and bool(TIMED & set(standing.means.intents))
    patient = session.get(Patient, (org_of(session), message.patient_id)) if message.patient_id else None
    return {
        "id": show("msg", message.id),
        "text": readings.words(session, message),
        "lang": row.language or "en",
        "labels": list(standing.means.intents),
        "urgency": standing.means.urgency.value,
        "context": row.context,
        "ref": _iso(readings.at_home(session, patient, row.read_at)),
        "opt_out": standing.opt_out,
        "score": row.score,
        "when": _when(readings.at_home(session, patient, row.when_start), row.when_grain)
        if timed and row.when_start
        else None,
        "grain": row.when_grain if timed else None,
        "engine": row.engine,
        "note": standing.note,
    }


def _iso(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()


def _when(start: datetime, grain: str | None) -> str:
    return start.isoformat() if grain in ("minute", "part") else start.date().isoformat()
