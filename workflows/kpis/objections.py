"""What stands in patients' way, as their texts were read: cost, transport, time … counted by runs (S26)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis.periods import Period

COUNTED = text(
    """
    WITH said AS (
        SELECT DISTINCT ON (m.id) m.id, m.enrollment_id, r.objection
        FROM messages m JOIN readings r ON r.org_id = m.org_id AND r.message_id = m.id
        WHERE m.org_id = :org AND m.direction = 'in' AND m.created_at >= :begins AND m.created_at < :ends
          AND m.enrollment_id IS NOT NULL
        ORDER BY m.id, r.read_at DESC, r.id DESC
    )
    SELECT p.code, said.objection, count(DISTINCT e.id) AS runs
    FROM said
    JOIN enrollments e ON e.org_id = :org AND e.id = said.enrollment_id
    JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
    WHERE said.objection IS NOT NULL AND NOT e.holdout AND (CAST(:program AS text) IS NULL OR p.code = :program)
    GROUP BY p.code, said.objection ORDER BY p.code, runs DESC, said.objection
    """
)
"""The newest reading of each text counts; a run that says the same twice counts once."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A code of `understanding.conversation.OBJECTIONS`, and how many runs of the program said it."""

    program: str
    code: str
    runs: int


def counts(session: Session, period: Period, *, program: str | None = None) -> list[Objection]:
    """By program, the commonest first; none heard, none listed."""
    begins, _ = local_days.span(session, period.first)
    _, ends = local_days.span(session, period.last)
    asked: dict[str, Any] = {"org": org_of(session), "begins": begins, "ends": ends, "program": program}
    return [Objection(*row) for row in session.execute(COUNTED, asked)]
