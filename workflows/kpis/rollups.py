"""Counts by local day: from facts, each KPI's numerator and denominator in every group of every split.

A day's counts say nothing about today: whether it is old enough to show is asked when it is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of
from workflows import local_days
from workflows.kpis.enrollment_facts import ARRIVED, CLASSES, GONE
from workflows.kpis.written import CUTS, wanted

RULE = "rule"
"""The split of texts blocked by the rule that stopped them, besides those of `CUTS`."""


ROOM = "SET LOCAL work_mem = '512MB'"
"""What a planner that knows nothing of the groups must believe to have, lest it sorts everything once a split; far less is used."""

NEXT_DAY = text(
    """
    SELECT min(day) FROM (
        SELECT min(day) AS day FROM kpi_enrollments WHERE org_id = :org AND day >= :since
        UNION ALL SELECT min(asked_day) FROM kpi_enrollments WHERE org_id = :org AND asked_day >= :since
        UNION ALL SELECT min(follow_up_day) FROM kpi_enrollments WHERE org_id = :org AND follow_up_day >= :since
        UNION ALL SELECT min(day) FROM kpi_visits WHERE org_id = :org AND day >= :since
        UNION ALL SELECT (min(sent_at) AT TIME ZONE :zone)::date FROM messages WHERE org_id = :org AND sent_at >= :begins
        UNION ALL SELECT (min(state_at) AT TIME ZONE :zone)::date FROM messages
            WHERE org_id = :org AND sent_at IS NULL AND direction = 'out' AND state_at >= :begins
    ) days
    """
)


@dataclass(frozen=True, slots=True)
class Share:
    """One KPI: of the rows where `of` holds, those where `hits` holds too. Both in SQL."""

    hits: str
    of: str = "true"


@dataclass(frozen=True, slots=True)
class Family:
    """KPIs that are counted together: rows `source` (a table, or a query with `day` in it), on their `day`."""

    source: str
    day: str
    shares: Mapping[str, Share]
    where: str = "true"
    groups: str = ""
    """Groups of its own, as VALUES of (cut, grp), instead of the splits that every count has."""
    long: bool = False
    """Its units have a long window of their own, `long_days`: those with another one are counted apart."""

    @property
    def apart(self) -> str:
        """What is grouped by besides day, program, phase and group."""
        return ", f.long_days" if self.long else ""


CLASSED = ", ".join(f"('class', '{one}')" for one in CLASSES)
ENROLLMENTS = Family(
    "kpi_enrollments",
    "day",
    {
        "reach_72h": Share("reached_72h"),
        "reach": Share("reached"),
        "response": Share("replied", "delivered"),
        "completion": Share("completed", "NOT stopped_first"),
        "untouched": Share("NOT touched", "ended"),
        "survey_started": Share("survey_answered", "surveyed"),
        "survey_completion": Share("survey_completed", "surveyed"),
        "survey_escalation": Share("survey_low", "survey_answered"),
        "escalation": Share("touched", "inbound"),
        "escalation_started": Share("touched"),
    },
    long=True,
)
BY_CLASS = Family(
    "kpi_enrollments",
    "day",
    {
        "escalation": Share("c.grp = ANY(f.classes)", "inbound"),
        "escalation_started": Share("c.grp = ANY(f.classes)"),
    },
    groups=CLASSED,
    long=True,
)
UNDERSTANDING = Family("kpi_enrollments", "asked_day", {"understanding": Share("understood")})
FOLLOW_UPS = Family("kpi_enrollments", "follow_up_day", {"follow_up_visit": Share("followed_up")})
DUE = Family("kpi_visits", "day", {"no_show": Share("no_show")}, where="f.what = 'due'")
MISSED = Family(
    "kpi_visits",
    "day",
    {"rebooked": Share("rebooked"), "recovered": Share("recovered"), "recovery_closed": Share("closed")},
    where="f.what = 'missed' AND f.eligible",
)
OF_ENROLLMENTS, OF_VISITS = (ENROLLMENTS, BY_CLASS, UNDERSTANDING, FOLLOW_UPS), (DUE, MISSED)

TEXTS = """(
    SELECT m.org_id, (coalesce(m.sent_at, m.state_at) AT TIME ZONE :zone)::date AS day, m.state IN {arrived} AS delivered,
        m.state IN ('accepted', 'sent', 'presumed_sent', 'delivered', 'undelivered', 'read')
            OR (m.state = 'failed' AND m.provider_sid IS NOT NULL) AS accepted,
        m.state = 'refused' AS blocked, m.id = ANY(CAST(:again AS uuid[])) AS again, coalesce(m.rule, 'none') AS rule,
        coalesce(k.counted, true) AS counted, coalesce(k.program, 'none') AS program, coalesce(k.phase, 'none') AS phase, {cuts}
    FROM messages m
    LEFT JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id = m.enrollment_id
    WHERE m.org_id = :org AND m.direction = 'out' AND m.merged_into IS NULL AND (m.state IN {gone} OR m.state = 'refused')
        AND coalesce(m.sent_at, m.state_at) >= :begins AND coalesce(m.sent_at, m.state_at) < :ends AND m.dedupe_key NOT LIKE 'try:%'
)""".format(arrived=ARRIVED, gone=GONE, cuts=", ".join(f"coalesce(k.{cut}, 'none') AS {cut}" for cut in CUTS))  # noqa: S608
"""Texts that left or were stopped, on their day. What speaks through another text is not counted beside it; test texts to staff never."""

AGAIN = text(
    f"""
    WITH often AS (
        SELECT enrollment_id, step, count(*) AS times FROM messages
        WHERE org_id = :org AND direction = 'out' AND merged_into IS NULL AND step IS NOT NULL AND enrollment_id IS NOT NULL
            AND state IN {GONE}
        GROUP BY 1, 2 HAVING count(*) > 1
    ),
    meant AS (
        SELECT o.enrollment_id, o.step, greatest(1, count(s.id)) AS times
        FROM often o LEFT JOIN enrollment_steps s ON s.org_id = :org AND s.enrollment_id = o.enrollment_id AND s.step = o.step
        GROUP BY 1, 2
    ),
    numbered AS (
        SELECT m.id, e.times, row_number() OVER (PARTITION BY m.enrollment_id, m.step ORDER BY m.sent_at, m.id) AS place
        FROM messages m JOIN meant e ON e.enrollment_id = m.enrollment_id AND e.step = m.step
        WHERE m.org_id = :org AND m.direction = 'out' AND m.merged_into IS NULL AND m.state IN {GONE}
    )
    SELECT id FROM numbered WHERE place > times
    """  # noqa: S608
)
"""Texts that left once more than their run came to that step."""

OF_TEXTS = (
    Family(
        TEXTS,
        "day",
        {
            "delivery": Share("delivered", "accepted"),
            "blocked": Share("blocked"),
            "duplicate_send": Share("again", "NOT blocked"),
        },
    ),
    Family(TEXTS, "day", {"blocked": Share("blocked")}, where="f.blocked", groups="('rule', f.rule)"),
)
KPIS = tuple(kpi for family in (*OF_ENROLLMENTS, *OF_VISITS, *OF_TEXTS) for kpi in family.shares)


def next_day(session: Session, since: date) -> date | None:
    """The first day from this one on that has anything to count."""
    zone = local_days.zone(session)
    said = {"org": org_of(session), "zone": zone.key, "since": since, "begins": datetime.combine(since, time(), zone)}
    found: date | None = session.scalar(NEXT_DAY, said)
    return found


def texts_again(session: Session) -> str:
    """The ids of texts that left again for the same step of a run, as one parameter: none, as a rule."""
    return literal(session.scalars(AGAIN, {"org": org_of(session)}))


def count(
    session: Session, families: Iterable[Family], days: Iterable[date], *, made: int, again: str | None = None
) -> None:
    """Count these days anew, in this making of the counts. What is held at once grows with the days that are asked for together.

    `again`: `texts_again`, where they were looked for already.
    """
    only, chosen = frozenset(days), list(families)
    if not only:
        return
    said: dict[str, Any] = {
        "org": org_of(session),
        "zone": local_days.zone(session).key,
        "made": made,
        "days": wanted(only),
    }
    session.execute(GONE_DAYS, said | {"kpis": sorted({kpi for family in chosen for kpi in family.shares})})
    session.execute(text(ROOM))
    if any(family.source is TEXTS for family in chosen):
        said["again"] = texts_again(session) if again is None else again
        said |= _instants(session, min(only), max(only))
    for family in chosen:
        session.execute(text(statement(family)), said)


def _instants(session: Session, first: date, last: date) -> dict[str, datetime]:
    """When these days begin and end; no text is of the last day that there is."""
    zone = local_days.zone(session)
    after = last + timedelta(days=1) if last < date.max else last
    return {"begins": datetime.combine(first, time(), zone), "ends": datetime.combine(after, time(), zone)}


GONE_DAYS = text(
    "DELETE FROM kpi_days WHERE org_id = :org AND made = :made AND kpi = ANY(:kpis) AND day = ANY(CAST(:days AS date[]))"
)


def statement(family: Family) -> str:
    """One family's counts of `:days`."""
    sums = ", ".join(
        f"count(*) FILTER (WHERE ({one.of}) AND ({one.hits})) AS n{at}, count(*) FILTER (WHERE {one.of}) AS d{at}"
        for at, one in enumerate(family.shares.values())
    )
    each = ", ".join(f"('{kpi}', g.n{at}, g.d{at})" for at, kpi in enumerate(family.shares))
    where = f"f.org_id = :org AND f.counted AND f.{family.day} = ANY(CAST(:days AS date[])) AND {family.where}"
    counted = _in_groups(family, sums, where) if family.groups else _in_every_split(family, sums, where)
    return f"""
        INSERT INTO kpi_days (org_id, made, cut, day, kpi, program, phase, grp, long_days, numerator, denominator)
        SELECT :org, :made, g.cut, g.day, k.kpi, g.program, g.phase, g.grp, g.long_days, k.n, k.d
        FROM ({counted}) g CROSS JOIN LATERAL (VALUES {each}) AS k (kpi, n, d)
        WHERE k.d > 0
    """  # noqa: S608 - constants


def _in_groups(family: Family, sums: str, where: str) -> str:
    """Each row in every group of the family's own."""
    return f"""
        SELECT c.cut, f.{family.day} AS day, f.program, f.phase, c.grp, {_long(family)}, {sums}
        FROM {family.source} f CROSS JOIN LATERAL (VALUES {family.groups}) AS c (cut, grp)
        WHERE {where} GROUP BY 1, 2, 3, 4, 5{family.apart}
    """  # noqa: S608 - constants


def _in_every_split(family: Family, sums: str, where: str) -> str:
    """Each row once in all, and once in its group of each split: one pass, whose result has a value in the split's column alone."""
    all_of = f"f.{family.day}, f.program, f.phase{family.apart}"
    sets = ", ".join([f"({all_of})", *(f"({all_of}, f.{cut})" for cut in CUTS)])
    named = " ".join(f"WHEN s.{cut} IS NOT NULL THEN '{cut}'" for cut in CUTS)
    columns = ", ".join(f"s.{cut}" for cut in CUTS)
    return f"""
        SELECT s.*, CASE {named} ELSE '' END AS cut, coalesce({columns}, '') AS grp
        FROM (
            SELECT f.{family.day} AS day, f.program, f.phase, {_long(family)}, {", ".join(f"f.{cut}" for cut in CUTS)}, {sums}
            FROM {family.source} f WHERE {where} GROUP BY GROUPING SETS ({sets})
        ) s
    """  # noqa: S608 - constants


def _long(family: Family) -> str:
    return "f.long_days" if family.long else "0 AS long_days"


def days_of_texts(session: Session, since: str, enrollments: str) -> frozenset[date]:
    """The days on which texts count that changed since, or that belong to these enrollments.

    A changed text may have counted before on any day from its planning to its last change.
    """
    said = {"org": org_of(session), "zone": local_days.zone(session).key, "since": since, "units": enrollments}
    return frozenset(session.scalars(TOUCHED, said))


TOUCHED = text(
    """
    WITH changed AS MATERIALIZED (
        SELECT m.enrollment_id, m.step, m.created_at, m.sent_at, m.state_at FROM messages m
        WHERE m.org_id = :org AND m.direction = 'out' AND age(m.xmin) <= age(CAST(:since AS xid))
    ),
    steps AS (
        SELECT enrollment_id, step FROM changed WHERE enrollment_id IS NOT NULL AND step IS NOT NULL
        UNION SELECT s.enrollment_id, s.step FROM enrollment_steps s WHERE s.org_id = :org AND age(s.xmin) <= age(CAST(:since AS xid))
    ),
    spans AS (
        SELECT created_at AS first, greatest(created_at, sent_at, state_at) AS last FROM changed
        UNION ALL
        SELECT coalesce(m.sent_at, m.state_at), coalesce(m.sent_at, m.state_at) FROM messages m
        JOIN steps s ON s.enrollment_id = m.enrollment_id AND s.step = m.step WHERE m.org_id = :org AND m.direction = 'out'
        UNION ALL
        SELECT coalesce(m.sent_at, m.state_at), coalesce(m.sent_at, m.state_at) FROM messages m
        WHERE m.org_id = :org AND m.direction = 'out' AND m.enrollment_id = ANY(CAST(:units AS uuid[]))
    )
    SELECT DISTINCT generate_series((first AT TIME ZONE :zone)::date, (last AT TIME ZONE :zone)::date, interval '1 day')::date FROM spans
    """
)
"""Also the days of the other texts of a step: whether one is the second of its step depends on them."""
