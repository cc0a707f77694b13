"""What outreach added: recovered of those contacted less recovered of a random holdout (N9), and one wording against another.

Both sides are counted alike, by visits attended within 60 days of the start, whoever booked them. Definitions: docs/kpis.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.appointments import ATTENDED
from workflows.intervals import Difference, difference
from workflows.kpis import splits
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

KPI = "recovered"
DIFFERENCE = "incremental_recovery"
_RECOVERED = """EXISTS (SELECT FROM appointments a WHERE a.org_id = :org AND a.patient_id = u.patient_id
    AND a.status = ANY(CAST(:attended AS text[])) AND a.start_at > u.at
    AND a.start_at <= (u.at AT TIME ZONE :zone + make_interval(days => :days)) AT TIME ZONE :zone)"""
TWICE = """EXISTS (SELECT FROM enrollments f
    WHERE f.org_id = e.org_id AND f.program_id = e.program_id AND f.appointment_id = e.appointment_id AND NOT f.holdout
      AND f.started_at < e.started_at AND coalesce(f.ended_at, 'infinity') > e.started_at)"""
"""A second chart's run: of a holdout `e` the facts do not say it."""

LIFT = text(
    f"""
    WITH units AS (
        SELECT coalesce(e.campaign_id, e.program_id) AS pool, e.holdout, e.patient_id, e.started_at AS at
        FROM enrollments e JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
        {splits.RUNS} e.id
        WHERE e.org_id = :org AND e.started_at >= :begins AND e.started_at < :ends
          AND (CAST(:program AS text) IS NULL OR p.code = :program)
          AND CASE WHEN e.holdout THEN e.source <> 'test' AND NOT {TWICE} ELSE {splits.COUNTED} END
        UNION ALL
        SELECT k.id, true, m.patient_id, k.launched_at
        FROM campaign_members m
        JOIN campaigns k ON k.org_id = m.org_id AND k.id = m.campaign_id
        JOIN programs p ON p.org_id = k.org_id AND p.id = k.program_id
        WHERE m.org_id = :org AND m.holdout AND m.verdict <> 'excluded' AND m.enrollment_id IS NULL
          AND k.launched_at >= :begins AND k.launched_at < :ends AND (CAST(:program AS text) IS NULL OR p.code = :program)
    )
    SELECT u.holdout, count(*) AS n, count(*) FILTER (WHERE {_RECOVERED}) AS hits
    FROM units u WHERE u.pool IN (SELECT pool FROM units WHERE holdout) AND u.pool IN (SELECT pool FROM units WHERE NOT holdout)
    GROUP BY u.holdout
    """  # noqa: S608 - our own words
)
"""A pool is a campaign, or a program where a run is in none: only where somebody was held out of it is there anything to compare."""

WORDINGS = text(
    """
    SELECT k.number AS campaign, v.number AS version,
        count(*) FILTER (WHERE f.delivered) AS arrived, count(*) FILTER (WHERE f.replied) AS replied,
        count(*) FILTER (WHERE NOT f.stopped_first) AS n, count(*) FILTER (WHERE f.completed AND NOT f.stopped_first) AS completed,
        bool_and(f.day < CAST(:today AS date) - f.long_days) AS over
    FROM kpi_enrollments f
    JOIN enrollments e ON e.org_id = :org AND e.id = f.enrollment_id
    JOIN campaigns k ON k.org_id = :org AND k.id = e.campaign_id
    JOIN program_versions v ON v.org_id = :org AND v.id = e.version_id
    WHERE f.org_id = :org AND f.counted AND f.day BETWEEN :first AND :last AND f.day < CAST(:today AS date) - CAST(:days AS int)
      AND (CAST(:program AS text) IS NULL OR f.program = :program)
      AND jsonb_array_length(k.version_ids) > 1 AND k.version_ids @> to_jsonb(e.version_id::text)
    GROUP BY k.number, v.number ORDER BY k.number, v.number
    """
)
"""From the facts, so that a reply and a completion are here what they are everywhere, each run by its version's own window."""


@dataclass(frozen=True, slots=True)
class Lift:
    """(n, recovered) of those contacted and of the holdout; `effect` None with a `note` that says why."""

    contacted: tuple[int, int]
    holdout: tuple[int, int]
    effect: Difference | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a campaign's texts: (delivered, replied), (runs, completed as intended), each against the campaign's first version.

    `completed` is None while some of them have time left. A difference is None for the first version, and of fewer than ten.
    """

    campaign: int
    version: int
    replied: tuple[int, int]
    completed: tuple[int, int] | None
    reply_effect: Difference | None = None
    completion_effect: Difference | None = None


def figures(session: Session, asked: Asked) -> list[Figure]:
    """Recovered by arm: contacted and holdout, of the pools that have both. For `by` arm alone."""
    found = incremental(session, asked.period, program=asked.program)
    arms = {"contacted": found.contacted, "holdout": found.holdout}
    return [share(KPI, hits, n, period=asked.period, group=arm) for arm, (n, hits) in arms.items()]


def added(session: Session, asked: Asked) -> list[Figure]:
    """The difference of the two arms: `numerator` of `denominator` are the contacted, and the note says how it was with the holdout."""
    found, bare = incremental(session, asked.period, program=asked.program), Figure(DIFFERENCE, 0, 0, asked.period)
    (n, hits), (held, anyway) = found.contacted, found.holdout
    if not held:
        return [replace(bare, note=found.note)]
    counted = replace(bare, numerator=hits, denominator=n, note=f"Holdout: {anyway:,} of {held:,}.")
    if found.effect is None:
        return [replace(counted, note=f"{found.note} {counted.note}")]
    return [replace(counted, value=found.effect.value, low=found.effect.low, high=found.effect.high)]


def incremental(session: Session, period: Period, *, program: str | None = None) -> Lift:
    """Recovered of the contacted less recovered of the holdout, of pools that began in the period and are 60 days old."""
    days = KPIS[KPI].days
    where = _where(session, period, program, days) | {"attended": sorted(ATTENDED), "days": days}
    found = {held: (int(n), int(hits)) for held, n, hits in session.execute(LIFT, where)}
    contacted, holdout = found.get(False, (0, 0)), found.get(True, (0, 0))
    if not holdout[0]:
        return Lift(contacted, holdout, None, "Nobody was held out in this period (or it is too young): no comparison.")
    if min(contacted[0], holdout[0]) < FEWEST:
        return Lift(contacted, holdout, None, "Too few for a comparison.")
    return Lift(contacted, holdout, difference(contacted, holdout))


def wordings(session: Session, period: Period, *, program: str | None = None) -> list[Wording]:
    """Each wording of the campaigns with more than one, of runs of the period that are old enough for a reply."""
    asked: dict[str, Any] = {
        "org": org_of(session), "first": period.first, "last": period.last, "today": local_days.today(session), "program": program,
        "days": KPIS["response"].days,
    }  # fmt: skip
    return _against_first(
        [
            Wording(row.campaign, row.version, (row.arrived, row.replied), (row.n, row.completed) if row.over else None)
            for row in session.execute(WORDINGS, asked)
        ]
    )


def _against_first(found: Sequence[Wording]) -> list[Wording]:
    firsts: dict[int, Wording] = {}
    made: list[Wording] = []
    for one in found:
        first = firsts.setdefault(one.campaign, one)
        if first is one:
            made.append(one)
            continue
        reply = _enough(one.replied, first.replied)
        done = _enough(one.completed, first.completed) if one.completed and first.completed else None
        made.append(Wording(one.campaign, one.version, one.replied, one.completed, reply, done))
    return made


def _enough(one: tuple[int, int], first: tuple[int, int]) -> Difference | None:
    return difference(one, first) if min(one[0], first[0]) >= FEWEST else None


def _where(session: Session, period: Period, program: str | None, days: int) -> dict[str, Any]:
    """The part of the period whose days are old enough."""
    begins, _ = local_days.span(session, period.first)
    _, ends = local_days.span(session, min(period.last, local_days.today(session) - timedelta(days=days + 1)))
    zone = local_days.zone(session).key
    return {"org": org_of(session), "begins": begins, "ends": ends, "program": program, "zone": zone}
