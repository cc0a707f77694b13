"""Alarms that we missed and a person found: of the replies that somebody looked at.

Looked at: every reply (a form is none) of a run that a reviewer judged when it was over, and every reply whose reading staff corrected.
Missed: read as less than an emergency and corrected to one; or the reviewer said that the run had a missed red flag, and no correction
says which reply.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis import splits
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure, share
from workflows.pilot import MISSED_RED_FLAG

KPI = "red_flag_miss"
GROUPS = splits.OF_RUN | {"": "''"}
_COUNTED = """
    WITH judged AS (
        SELECT enrollment_id, verdict FROM pilot_reviews
        WHERE org_id = :org AND stage = 'end' AND judged_at >= :begins AND judged_at < :ends
    ), corrected AS (
        SELECT DISTINCT ON (message_id) message_id, urgency,
            first_value(was_urgency) OVER (PARTITION BY message_id ORDER BY corrected_at, id) AS read_as
        FROM corrections WHERE org_id = :org AND corrected_at >= :begins AND corrected_at < :ends
        ORDER BY message_id, corrected_at DESC, id DESC
    ), replies AS (
        SELECT m.id FROM judged j JOIN messages m ON m.org_id = :org AND m.enrollment_id = j.enrollment_id
        UNION SELECT message_id FROM corrected
    ), looked_at AS (
        SELECT m.id, m.enrollment_id, c.urgency = 'emergency' AND c.read_as <> 'emergency' AS missed
        FROM replies r JOIN messages m ON m.org_id = :org AND m.id = r.id AND m.direction = 'in' AND m.channel <> 'form'
        LEFT JOIN corrected c ON c.message_id = m.id
    ), untold AS (
        SELECT j.enrollment_id FROM judged j WHERE j.verdict = :missed_red_flag
          AND NOT EXISTS (SELECT FROM looked_at l WHERE l.enrollment_id = j.enrollment_id AND l.missed)
          AND EXISTS (SELECT FROM looked_at l WHERE l.enrollment_id = j.enrollment_id)
    ), counted AS (
        SELECT enrollment_id, 1 AS replies, coalesce(missed, false)::int AS missed FROM looked_at
        UNION ALL SELECT enrollment_id, 0, 1 FROM untold
    )
    SELECT {grp} AS grp, sum(x.missed)::int AS missed, sum(x.replies)::int AS replies
    FROM counted x
    {runs} x.enrollment_id
    WHERE {counted} AND (CAST(:program AS text) IS NULL OR k.program = :program) AND {in_phase}
    GROUP BY 1 ORDER BY 1
"""


def figures(session: Session, asked: Asked) -> list[Figure]:
    """By what was judged or corrected in the period; nothing reviewed is no zero, but a sentence."""
    grp = GROUPS.get(asked.by)
    if grp is None:
        return []
    begins, _ = local_days.span(session, asked.period.first)
    _, ends = local_days.span(session, asked.period.last)
    where: dict[str, Any] = {
        "org": org_of(session), "begins": begins, "ends": ends, "program": asked.program, "missed_red_flag": MISSED_RED_FLAG,
        "phase": asked.phase,
    }  # fmt: skip
    query = _COUNTED.format(grp=grp, runs=splits.RUNS, counted=splits.COUNTED, in_phase=splits.IN_PHASE)
    rows = [(row.grp, row.missed, row.replies) for row in session.execute(text(query), where)]
    if not rows and not asked.by:
        return [Figure(KPI, 0, 0, asked.period, note="No replies were reviewed in this period.")]
    return [
        share(KPI, missed, replies, period=asked.period, group=group, phase=asked.phase)
        for group, missed, replies in rows
    ]
