"""Shares of phone numbers: opted out (also per 1,000 texts) and wrong. Distinct numbers do not add up by day.

A number belongs to the program, language … of the run it was texted for: the last text of the period for opt-outs, the first one ever
for wrong numbers. By week it is texted in each week in which it was, and stopped in the week in which it was; so weeks add up to the whole
in all but the numbers texted. Definitions: docs/kpis.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.kpis import splits
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST
from workflows.kpis.definitions import KPIS as CATALOGUE
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

KPIS = ("opt_out", "opt_out_1000", "wrong_number")
GROUPS = splits.OF_RUN | {"": "''", "week": splits.week("m.sent_at")}
SENT = """(m.state IN ('accepted', 'sent', 'presumed_sent', 'delivered', 'undelivered', 'read')
    OR m.state = 'failed' AND m.provider_sid IS NOT NULL) AND m.direction = 'out' AND m.merged_into IS NULL
    AND m.dedupe_key NOT LIKE 'try:%'"""
"""A text that the provider took; not the one to one's own phone, and not one whose matter another text said too."""

_WHOSE = f"{splits.RUNS} m.enrollment_id"
_TEXTS = f"""
    texts AS MATERIALIZED (
        SELECT m.id, m.number_id, m.sent_at, {{grp}} AS grp FROM messages m {_WHOSE}
        WHERE m.org_id = :org AND {SENT} AND m.sent_at >= :begins AND m.sent_at < :ends
          AND {splits.COUNTED} AND (CAST(:program AS text) IS NULL OR k.program = :program) AND {splits.IN_PHASE}
    )
"""  # noqa: S608 - our own words
_OPT_OUTS = f"""
    WITH {_TEXTS}, texted AS (
        SELECT DISTINCT ON ({{once}}) number_id, grp FROM texts ORDER BY {{once}}, sent_at DESC, id DESC
    ), stopped AS (
        SELECT DISTINCT ON (s.number_id) s.number_id, {{stopped}} AS grp FROM suppressions s
        CROSS JOIN LATERAL (
            SELECT {{grp}} AS grp, {splits.COUNTED} AS counted, k.program, k.phase FROM messages m {_WHOSE}
            WHERE m.org_id = :org AND m.number_id = s.number_id AND {SENT} AND m.sent_at <= s.since
            ORDER BY m.sent_at DESC, m.id DESC LIMIT 1
        ) last
        WHERE s.org_id = :org AND s.since >= :begins AND s.since < :ends AND s.source <> 'wrong_number'
          AND last.counted AND (CAST(:program AS text) IS NULL OR last.program = :program) AND (:phase = '' OR last.phase = :phase)
        ORDER BY s.number_id, s.since
    )
    SELECT g.grp, coalesce(a.n, 0) AS numbers, coalesce(b.n, 0) AS stopped, coalesce(c.n, 0) AS texts
    FROM (SELECT grp FROM texts UNION SELECT grp FROM stopped) g
    LEFT JOIN (SELECT grp, count(*) AS n FROM texted GROUP BY grp) a ON a.grp = g.grp
    LEFT JOIN (SELECT grp, count(*) AS n FROM stopped GROUP BY grp) b ON b.grp = g.grp
    LEFT JOIN (SELECT grp, count(*) AS n FROM texts GROUP BY grp) c ON c.grp = g.grp
    ORDER BY g.grp
"""  # noqa: S608 - our own words
_WRONG = f"""
    WITH in_period AS MATERIALIZED (
        SELECT DISTINCT ON (m.number_id) m.number_id, {{grp}} AS grp, m.sent_at, k.program, k.phase FROM messages m {_WHOSE}
        WHERE m.org_id = :org AND {SENT} AND m.sent_at >= :begins AND m.sent_at < :ends AND {splits.COUNTED}
        ORDER BY m.number_id, m.sent_at, m.id
    ), first AS (
        SELECT p.number_id, p.grp, p.sent_at FROM in_period p
        WHERE (CAST(:program AS text) IS NULL OR p.program = :program) AND (:phase = '' OR p.phase = :phase)
          AND NOT EXISTS (
            SELECT FROM messages m {_WHOSE} WHERE m.org_id = :org AND m.number_id = p.number_id AND {SENT}
              AND m.sent_at < :begins AND {splits.COUNTED})
    ), wrong AS MATERIALIZED (
        SELECT number_id, min(since) AS since FROM suppressions WHERE org_id = :org AND source = 'wrong_number' GROUP BY number_id
    )
    SELECT first.grp, count(*) AS numbers,
        count(*) FILTER (WHERE wrong.since <= (first.sent_at AT TIME ZONE :zone + make_interval(days => :days)) AT TIME ZONE :zone) AS wrong
    FROM first LEFT JOIN wrong ON wrong.number_id = first.number_id GROUP BY first.grp ORDER BY first.grp
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class _Texted:
    grp: str
    numbers: int
    stopped: int
    texts: int


def figures(session: Session, asked: Asked) -> list[Figure]:
    """Opt-outs, opt-outs per 1,000 texts and wrong numbers; none where numbers are not split so."""
    grp = GROUPS.get(asked.by)
    if grp is None:
        return []
    wanted = asked.kpis or KPIS
    found = [] if set(wanted) <= {"wrong_number"} else list(_of_the_period(session, asked))
    return [*found, *(_wrong(session, asked, grp) if "wrong_number" in wanted else ())]


def _of_the_period(session: Session, asked: Asked) -> Iterator[Figure]:
    weekly = asked.by == "week"
    once, stopped = ("number_id, grp", splits.week("s.since")) if weekly else ("number_id", "last.grp")
    query = _OPT_OUTS.format(grp=GROUPS[asked.by], once=once, stopped=stopped)
    rows = session.execute(text(query), _where(session, asked, asked.period))
    counted = [_Texted(row.grp, row.numbers, row.stopped, row.texts) for row in rows]
    for one in counted or ([] if asked.by else [_Texted("", 0, 0, 0)]):
        yield replace(_opt_out(asked.period, one), phase=asked.phase)
        yield replace(_per_1000(asked.period, one), phase=asked.phase)


def _opt_out(period: Period, one: _Texted) -> Figure:
    """Whoever stops in this period may have been texted before it: then there is no share to speak of."""
    if one.stopped > one.numbers:
        note = "More numbers were stopped than texted in this period: no share."
        return Figure("opt_out", one.stopped, one.numbers, period, one.grp, note=note)
    return share("opt_out", one.stopped, one.numbers, period=period, group=one.grp)


def _per_1000(period: Period, one: _Texted) -> Figure:
    if one.texts == 0:
        return Figure("opt_out_1000", one.stopped, 0, period, one.grp, note="No texts were sent in this period.")
    if one.texts < FEWEST or one.stopped > one.texts:
        return Figure("opt_out_1000", one.stopped, one.texts, period, one.grp, note="Too few for a rate.")
    found = share("opt_out_1000", one.stopped, one.texts, period=period, group=one.grp)
    value, low, high = (None if part is None else part * 1000 for part in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)


def _wrong(session: Session, asked: Asked, grp: str) -> Iterator[Figure]:
    """Numbers first texted so long ago that 30 whole days have passed."""
    days = CATALOGUE["wrong_number"].days
    last = min(asked.period.last, local_days.today(session) - timedelta(days=days + 1))
    rows = []
    if last >= asked.period.first:
        where = _where(session, asked, Period(asked.period.first, last)) | {"days": days}
        rows = [(row.grp, row.wrong, row.numbers) for row in session.execute(text(_WRONG.format(grp=grp)), where)]
    for group, wrong, numbers in rows or ([] if asked.by else [("", 0, 0)]):
        yield share("wrong_number", wrong, numbers, period=asked.period, group=group, phase=asked.phase)


def _where(session: Session, asked: Asked, period: Period) -> dict[str, Any]:
    begins, _ = local_days.span(session, period.first)
    _, ends = local_days.span(session, period.last)
    where = {"org": org_of(session), "begins": begins, "ends": ends, "zone": local_days.zone(session).key}
    return where | {"program": asked.program, "phase": asked.phase}
