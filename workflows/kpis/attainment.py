"""Work done by its time: tasks closed by their due time and at all (S118), and cases claimed and resolved by their targets.

Of the cases that fell due in the period. Open past its time is a miss. Definitions: docs/kpis.md.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from workflows.kpis import case_rows
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure, share

KPIS = ("task_on_time", "task_ever", "sla")
COUNTS = """
    SELECT {group} AS grp, count(*) AS due, count(*) FILTER (WHERE closed_at <= due_at) AS on_time, count(closed_at) AS ever,
        count(*) FILTER (WHERE closed_at <= due_at AND claimed_in_time) AS kept
    FROM kpi_cases WHERE {where} AND due_at <= :as_of GROUP BY 1
"""


def figures(session: Session, asked: Asked) -> list[Figure]:
    """The three shares by the split that is asked for; none where cases are not split so."""
    if not case_rows.splits_by(asked.by):
        return []
    group, where = case_rows.of(asked, day="due_day")
    query = text(COUNTS.format(group=group, where=where))
    found = sorted(session.execute(query, case_rows.said(session, asked) | {"as_of": case_rows.as_of(session)}))
    figures = [
        figure for row in found for figure in _figures(asked, row.grp, row.due, (row.on_time, row.ever, row.kept))
    ]
    return figures or ([] if asked.by else _figures(asked, "", 0, (0, 0, 0)))


def _figures(asked: Asked, group: str, due: int, hits: Sequence[int]) -> list[Figure]:
    return [
        share(kpi, hit, due, period=asked.period, group=group, phase=asked.phase)
        for kpi, hit in zip(KPIS, hits, strict=True)
    ]
