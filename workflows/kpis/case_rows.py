"""Cases with their stories, as figures read them: one query, without patients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis import case_stories, splits
from workflows.kpis.asked import Asked
from workflows.kpis.case_classes import DUPLICATES, OURS, SQL

Dated = Literal["opened_at", "due_at"]
AT_ONCE = 5000
_ROWS = """
    WITH mine AS MATERIALIZED (
        SELECT c.id, c.kind, c.opened_at, c.card_posted_at, c.claimed_at, c.closed_at, c.due_at, t.code AS team, {grp} AS grp
        FROM cases c
        JOIN teams t ON t.org_id = c.org_id AND t.id = c.team_id
        LEFT JOIN enrollments e ON e.org_id = c.org_id AND e.id = c.enrollment_id
        LEFT JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
        {runs} c.enrollment_id
        WHERE c.org_id = :org AND c.{dated} >= :begins AND c.{dated} < :ends AND c.kind <> ALL(:ours)
          AND (c.disposition IS NULL OR c.disposition <> ALL(:duplicates)) AND NOT coalesce(e.holdout, false) AND {counted}
          AND (CAST(:program AS text) IS NULL OR p.code = :program) AND {in_phase}
    )
    SELECT mine.*, s.whats, s.ats, s.named
    FROM mine LEFT JOIN (
        SELECT v.case_id, array_agg(v.what ORDER BY v.id) AS whats, array_agg(v.at ORDER BY v.id) AS ats,
            array_agg(v.staff_id IS NOT NULL ORDER BY v.id) AS named
        FROM case_events v WHERE v.org_id = :org AND v.case_id IN (SELECT id FROM mine) GROUP BY v.case_id
    ) s ON s.case_id = mine.id
"""
GROUPS = splits.OF_RUN | {
    "": "''",
    "program": "coalesce(p.code, 'none')",
    "source": "coalesce(e.source, 'none')",
    "owner": "t.code",
    "class": SQL,
}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`waiting_since`: when its card stood in the channel; when it was opened where no card is known to have been posted."""

    group: str
    kind: str
    team: str
    opened_at: datetime
    waiting_since: datetime
    due_at: datetime
    closed_at: datetime | None
    claimed_at: datetime | None
    resolved_at: datetime | None
    rests: tuple[tuple[datetime, datetime | None], ...]


def of(session: Session, asked: Asked, *, dated: Dated = "opened_at") -> Iterator[CaseRow]:
    """The cases opened (or due) in the period: no practice, no alerts of our own, no duplicates, none of a holdout."""
    begins, _ = local_days.span(session, asked.period.first)
    _, ends = local_days.span(session, asked.period.last)
    where: dict[str, Any] = {
        "org": org_of(session), "begins": begins, "ends": ends, "program": asked.program, "phase": asked.phase,
        "ours": list(OURS), "duplicates": list(DUPLICATES),
    }  # fmt: skip
    if asked.by == "week":
        where["zone"] = local_days.zone(session).key
    grp = splits.week(f"c.{dated}") if asked.by == "week" else GROUPS[asked.by]
    query = _ROWS.format(grp=grp, dated=dated, runs=splits.RUNS, counted=splits.COUNTED, in_phase=splits.IN_PHASE)
    rows = session.execute(text(query).execution_options(yield_per=AT_ONCE), where)
    return (_row(row) for row in rows)


def splits_by(by: str) -> bool:
    """Whether cases are split so."""
    return by == "week" or by in GROUPS


def _row(row: Any) -> CaseRow:
    """A case without events (brought in from elsewhere) is read from its columns."""
    events = list(zip(row.whats, row.ats, row.named, strict=True)) if row.whats else []
    story = case_stories.read(events)
    return CaseRow(
        row.grp, row.kind, row.team, row.opened_at, row.card_posted_at or row.opened_at, row.due_at, row.closed_at,
        row.claimed_at if story.claimed_at is None else story.claimed_at,
        row.closed_at if not events else story.resolved_at, story.rests,
    )  # fmt: skip
