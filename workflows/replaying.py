"""Stored texts read again with today's engine: what would be read differently, in codes, and nothing written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.ids import show
from storage.arrays import among
from storage.db import Database, org_of
from storage.tables import Message, Patient
from workflows import corrections, lexicons, readings, surroundings, understanding
from workflows.corrections import Standing
from workflows.understanding import Reading, Urgency
from workflows.understanding.lexicon import Lexicon

BATCH = 500
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One text that is read differently now. `before` is its reading, or what staff corrected it to; `rules` decided now."""

    message_id: UUID
    at: datetime
    engines: tuple[str, str]
    urgency: tuple[Urgency, Urgency]
    intents: tuple[tuple[str, ...], tuple[str, ...]]
    opt_out: tuple[bool, bool]
    review: tuple[bool, bool]
    corrected: bool
    rules: tuple[str, ...]

    @property
    def lost(self) -> bool:
        """An emergency or an opt-out that would be missed now."""
        emergency = self.urgency[0] is Urgency.EMERGENCY and self.urgency[1] is not Urgency.EMERGENCY
        return emergency or (self.opt_out[0] and not self.opt_out[1])

    def plain(self) -> dict[str, Any]:
        """For a machine; no words of the text."""
        pairs = {
            "urgency": [one.value for one in self.urgency],
            "intents": [list(one) for one in self.intents],
            "opt_out": list(self.opt_out),
            "review": list(self.review),
        }
        return {
            "id": show("msg", self.message_id), "at": self.at.isoformat(), "engine": list(self.engines), **pairs,
            "corrected": self.corrected, "rules": list(self.rules), "lost": self.lost,
        }  # fmt: skip


@dataclass
class Summary:
    """Counts over all texts that were read again."""

    read: int = 0
    different: int = 0
    raised: int = 0
    lowered: int = 0
    emergencies_gained: int = 0
    emergencies_lost: int = 0
    opt_outs_gained: int = 0
    opt_outs_lost: int = 0
    unread: int = 0

    @property
    def lost(self) -> bool:
        """Whether any emergency or opt-out would be missed now."""
        return bool(self.emergencies_lost or self.opt_outs_lost)

    def count(self, one: Difference) -> None:
        """Take one difference into the counts."""
        before, after = one.urgency
        self.different += 1
        self.raised += after.weight > before.weight
        self.lowered += after.weight < before.weight
        self.emergencies_gained += after is Urgency.EMERGENCY and before is not Urgency.EMERGENCY
        self.emergencies_lost += before is Urgency.EMERGENCY and after is not Urgency.EMERGENCY
        self.opt_outs_gained += one.opt_out == (False, True)
        self.opt_outs_lost += one.opt_out == (True, False)


def midnight(session: Session, day: datetime) -> datetime:
    """The instant of a naive local time of the organisation."""
    return day.replace(tzinfo=ZoneInfo(surroundings.organisation_of(session).zone))


def replay(
    db: Database, org: UUID, *, since: datetime, summary: Summary, words: Lexicon | None = None, batch: int = BATCH
) -> Iterator[Difference]:
    """Read every inbound text since then again, a batch at a time, each in a read-only transaction; `summary` counts along.

    `words` is a lexicon to try instead of the organisation's live one.
    """
    after, ended = FIRST, False
    while not ended:
        with db.begin(org=org) as session:
            session.execute(text("SET TRANSACTION READ ONLY"))
            rows = _page(session, since=since, after=after, most=batch)
            found = _compared(session, rows, summary, words=words)
        ended = len(rows) < batch
        after = rows[-1].id if rows else after
        yield from found


def _page(session: Session, *, since: datetime, after: UUID, most: int) -> Sequence[Message]:
    """By id, which is in the order of receipt and has its index: one walk over the table in all."""
    found = select(Message).where(
        Message.org_id == org_of(session), Message.id > after, Message.direction == "in", Message.created_at >= since
    )
    return list(session.scalars(found.order_by(Message.id).limit(most)))


def _compared(
    session: Session, rows: Sequence[Message], summary: Summary, *, words: Lexicon | None
) -> list[Difference]:
    known = corrections.standings(session, [row.id for row in rows])
    patients = _patients(session, rows)
    found = []
    for row in rows:
        standing = known.get(row.id)
        if standing is None:
            summary.unread += 1
            continue
        summary.read += 1
        patient = patients.get(row.patient_id) if row.patient_id else None
        now_read = _read(session, row, standing, patient=patient, words=words)
        one = _difference(row, standing, now_read)
        if one is not None:
            summary.count(one)
            found.append(one)
    return found


def _patients(session: Session, rows: Sequence[Message]) -> dict[UUID, Patient]:
    wanted = {row.patient_id for row in rows if row.patient_id}
    if not wanted:
        return {}
    found = select(Patient).where(Patient.org_id == org_of(session), among(Patient.id, wanted))
    return {row.id: row for row in session.scalars(found)}


def _read(
    session: Session, row: Message, standing: Standing, *, patient: Patient | None, words: Lexicon | None
) -> Reading:
    at = readings.at_home(session, patient, standing.reading.read_at)
    body = readings.words(session, row)
    return understanding.read(body, context=standing.reading.context, ref=at, words=words or lexicons.of(session))


def _difference(row: Message, standing: Standing, now_read: Reading) -> Difference | None:
    one = Difference(
        message_id=row.id,
        at=row.created_at,
        engines=(standing.reading.engine, now_read.version),
        urgency=(standing.means.urgency, now_read.urgency),
        intents=(standing.means.intents, now_read.intents),
        opt_out=(standing.opt_out, now_read.opt_out),
        review=(standing.reading.review, now_read.review),
        corrected=standing.by is not None,
        rules=tuple(dict.fromkeys(evidence.rule for evidence in now_read.evidence)),
    )
    same_intents = set(one.intents[0]) == set(one.intents[1])
    return None if same_intents and one.urgency[0] is one.urgency[1] and one.opt_out[0] == one.opt_out[1] else one
