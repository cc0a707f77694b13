"""The verdict: what the provider's own list and the database say about every text that was promised."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.journey.chaos.stage import Stage
from workflows.sending import RANK

ARRIVED = ("accepted", "sent", "delivered")
MESSAGES = """
    SELECT m.id, m.enrollment_id, m.state, m.provider_sid,
        EXISTS (SELECT 1 FROM cases c WHERE c.message_id = m.id AND c.kind = 'unknown_send' AND c.state = 'open'),
        EXISTS (SELECT 1 FROM suppressions s WHERE s.number_id = m.number_id)
    FROM messages m WHERE m.purpose = 'program' AND m.direction = 'out'
"""
UNSETTLED = """
    SELECT (SELECT count(*) FROM enrollments WHERE wake_at <= careloop.now())
        + (SELECT count(*) FROM messages WHERE direction = 'out' AND state IN ('planned', 'held', 'sending'))
        + (SELECT count(*) FROM attempts WHERE state = 'sending' OR (state = 'unknown' AND resolved_by IS NULL))
"""
TWICE_ASKED = """
    SELECT enrollment_id, step, touch FROM messages WHERE purpose = 'program' GROUP BY 1, 2, 3 HAVING count(*) > 1
"""
UNTOLD = """
    SELECT e.id FROM enrollments e WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.purpose = 'program')
        AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.number_id = e.number_id)
"""
STANDING = """
    SELECT e.id FROM enrollments e WHERE e.state <> 'ended' AND e.wake_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.enrollment_id = e.id AND c.state = 'open')
"""
AFTER_STOP = """
    SELECT a.subject FROM observer.happened a JOIN observer.happened s ON s.number_id = a.number_id AND s.what = 'stop' AND s.no < a.no
    WHERE a.what = 'attempt'
"""
OVERDUE = "SELECT id FROM attempts WHERE state = 'sending' AND lease_until < clock_timestamp()"
REFERENCES = "SELECT provider_sid FROM attempts WHERE provider_sid IS NOT NULL"
HISTORY = "SELECT subject, state FROM observer.happened WHERE what = 'message' ORDER BY no"


@dataclass
class Verdict:
    """Counts, and every fault by its name. `people` is how many texts a person has to ask about."""

    texts: int
    arrived: int
    people: int
    faults: dict[str, list[Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        wrong = {name: len(found) for name, found in self.faults.items()} or "no faults"
        return (
            f"{self.texts} texts at the provider, {self.arrived} known as arrived, {self.people} for a person, {wrong}"
        )


def settled(stage: Stage) -> bool:
    """Whether everything promised has ended one way or another."""
    return stage.query(UNSETTLED) == [(0,)]


def judge(stage: Stage) -> Verdict:
    """Compare the provider's list with the database, text by text (performance.md §6)."""
    sent, rows = stage.sent(), stage.query(MESSAGES)
    found = {
        "text sent twice": [key for key, n in Counter((one["to"], one["body"]) for one in sent).items() if n > 1],
        "touch planned twice": stage.query(TWICE_ASKED),
        "enrollment without its text": stage.query(UNTOLD),
        "enrollment that nothing will move": stage.query(STANDING),
        "claimed after a STOP": stage.query(AFTER_STOP),
        "sending past its lease": stage.query(OVERDUE),
        "unknown to Careloop": sorted({one["sid"] for one in sent} - {sid for (sid,) in stage.query(REFERENCES)}),
        "state went back": _went_back(stage),
        "lost": [row for row in rows if not _accounted_for(row, stage, sent)],
    }
    arrived = sum(row[2] in ARRIVED for row in rows)
    people = sum(row[2] == "unknown" and row[4] for row in rows)
    return Verdict(len(sent), arrived, people, {name: faults for name, faults in found.items() if faults})


def _accounted_for(row: tuple[Any, ...], stage: Stage, sent: list[dict[str, Any]]) -> bool:
    """It is at the provider and known to be; or it is not there and a person was asked; or the patient said STOP.

    `failed`: the carrier heard the STOP first and refused a text that had been claimed before.
    """
    _, enrollment, state, sid, case_open, stopped = row
    if state in ARRIVED:
        return any(one["sid"] == sid for one in sent)
    if state == "unknown":
        return case_open and all(one["to"] != stage.phones[enrollment] for one in sent)
    return stopped and state in ("cancelled", "refused", "failed")


def _went_back(stage: Stage) -> list[Any]:
    """Messages whose state fell in rank; to `planned` only what was certainly not sent may return."""
    highest: dict[Any, int] = {}
    fallen = []
    for message, state in stage.query(HISTORY):
        rank = RANK.get(state, 0)
        if rank < highest.get(message, 0):
            fallen.append((message, state))
        highest[message] = max(rank, highest.get(message, 0))
    return fallen
