"""A glance for managers: how many were enrolled in a period, and what has become of exactly those since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import now, org_of
from workflows import local_days
from workflows.kpis.periods import Period

ENROLLED = text(
    """
    SELECT p.code, p.title, count(*) AS enrolled,
        count(*) FILTER (WHERE t.reached) AS reached, count(*) FILTER (WHERE t.replied) AS replied,
        count(*) FILTER (WHERE e.outcome = 'booked') AS booked
    FROM enrollments e
    JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
    LEFT JOIN LATERAL (
        SELECT bool_or(m.direction = 'out' AND m.state IN ('delivered', 'read')) AS reached, bool_or(m.direction = 'in') AS replied
        FROM messages m WHERE m.org_id = e.org_id AND m.enrollment_id = e.id
    ) t ON true
    WHERE e.org_id = :org AND e.started_at >= :begins AND e.started_at < :ends AND NOT e.holdout
      AND (CAST(:program AS text) IS NULL OR p.code = :program)
    GROUP BY p.code, p.title ORDER BY enrolled DESC, p.code
    """
)
"""Enrollments begun in the period, by program; reached: a text arrived at the phone; replied: a text came back."""

CASES = text(
    """
    SELECT count(*) AS opened, count(*) FILTER (WHERE c.state <> 'closed') AS open,
        count(*) FILTER (WHERE c.state NOT IN ('closed', 'snoozed') AND c.due_at < :now) AS late
    FROM cases c
    LEFT JOIN enrollments e ON e.org_id = c.org_id AND e.id = c.enrollment_id
    LEFT JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
    WHERE c.org_id = :org AND c.opened_at >= :begins AND c.opened_at < :ends AND c.kind NOT IN ('practice', 'system_alert')
      AND (CAST(:program AS text) IS NULL OR p.code = :program)
    """
)
"""Cases opened in the period, how many of them are open now, and how many of these are past due; no practice, no alerts of our own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One program, or all (`code` empty). Patients' runs, not messages."""

    code: str
    title: str
    enrolled: int
    reached: int
    replied: int
    booked: int


@dataclass(frozen=True, slots=True)
class Glance:
    """Counts as of `at`. `lines` by program, the largest first."""

    period: Period
    at: datetime
    lines: Sequence[Line]
    cases_opened: int
    cases_open: int
    cases_late: int

    @property
    def total(self) -> Line:
        """Over all programs."""
        sums = [
            sum(getattr(line, name) for line in self.lines) for name in ("enrolled", "reached", "replied", "booked")
        ]
        return Line("", "All programs", *sums)


def of(session: Session, period: Period, *, program: str | None = None) -> Glance:
    """Two statements; a holdout was not contacted on purpose and does not count."""
    begins, _ = local_days.span(session, period.first)
    _, ends = local_days.span(session, period.last)
    asked: dict[str, Any] = {
        "org": org_of(session), "begins": begins, "ends": ends, "program": program, "now": now(session),
    }  # fmt: skip
    lines = [Line(*row) for row in session.execute(ENROLLED, asked)]
    cases = session.execute(CASES, asked).one()
    return Glance(period, asked["now"], lines, cases.opened, cases.open, cases.late)
