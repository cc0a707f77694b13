"""Work done by its time: tasks closed by their due time and at all (S118), and cases claimed and resolved by their targets.

Of the cases that fell due in the period. Open past its time is a miss. Definitions: docs/kpis.md.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from storage.db import now
from workflows import team_hours
from workflows.kpis import case_classes, case_rows
from workflows.kpis.asked import Asked
from workflows.kpis.case_rows import CaseRow
from workflows.kpis.figures import Figure, share

SOON = timedelta(minutes=15)
KPIS = ("task_on_time", "task_ever", "sla")


@dataclass
class _Count:
    due: int = 0
    on_time: int = 0
    ever: int = 0
    kept: int = 0


def figures(session: Session, asked: Asked) -> list[Figure]:
    """The three shares by the split that is asked for; none where cases are not split so."""
    if not case_rows.splits_by(asked.by):
        return []
    counts: dict[str, _Count] = defaultdict(_Count)
    at = now(session)
    for row in case_rows.of(session, asked, dated="due_at"):
        if row.due_at <= at:
            _add(counts[row.group], row, claimed_in_time=_in_time(row) and _claimed_in_time(session, row))
    if not counts and not asked.by:
        counts[""] = _Count()
    return [figure for group, one in sorted(counts.items()) for figure in _figures(asked, group, one)]


def _add(count: _Count, row: CaseRow, *, claimed_in_time: bool) -> None:
    count.due += 1
    count.ever += row.closed_at is not None
    count.on_time += _in_time(row)
    count.kept += claimed_in_time


def _in_time(row: CaseRow) -> bool:
    return row.closed_at is not None and row.closed_at <= row.due_at


def _claimed_in_time(session: Session, row: CaseRow) -> bool:
    """Closed without a claim (the patient booked alone) needed none: then its due time alone counts."""
    claimed = row.claimed_at or row.closed_at
    if claimed is None:
        return False
    if claimed - row.waiting_since <= SOON:  # within the shortest target, whatever the hours
        return True
    return claimed <= (
        case_classes.claim_by(row.kind, row.waiting_since, team_hours.of(session, row.team)) or row.due_at
    )


def _figures(asked: Asked, group: str, count: _Count) -> list[Figure]:
    hits = {"task_on_time": count.on_time, "task_ever": count.ever, "sla": count.kept}
    return [share(kpi, hits[kpi], count.due, period=asked.period, group=group, phase=asked.phase) for kpi in KPIS]
