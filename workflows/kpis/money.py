"""What a recovered visit cost: texts, calls and staff time of the runs after missed visits, over those that were attended in 60 days.

Also the incremental cost: over the visits beyond those that would have been attended anyway, as a holdout shows. Definitions: docs/kpis.md.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from workflows import local_days
from workflows.appointments import ATTENDED
from workflows.kpis import lift, prices, splits
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure
from workflows.kpis.numbers_texted import SENT
from workflows.kpis.periods import Period
from workflows.kpis.prices import Prices

KPI = "cost_per_recovered"
PROGRAM = "no_show"
NO_PRICES = (
    "No prices are set: say what a segment and an hour of staff cost (`prices` of the organisation, docs/baselines.md)."
)
SPENT = text(
    f"""
    WITH runs AS MATERIALIZED (
        SELECT e.id, e.patient_id, e.started_at, e.appointment_id FROM enrollments e
        JOIN programs p ON p.org_id = e.org_id AND p.id = e.program_id
        {splits.RUNS} e.id
        WHERE e.org_id = :org AND p.code = :program AND e.started_at >= :begins AND e.started_at < :ends AND NOT e.holdout
          AND {splits.COUNTED}
    )
    SELECT count(*) AS runs,
        coalesce(sum((SELECT sum(m.segments) FROM messages m WHERE m.org_id = :org AND m.enrollment_id = runs.id AND m.channel <> 'voice'
            AND {SENT})), 0)::int AS segments,
        coalesce(sum((SELECT count(*) FROM messages m WHERE m.org_id = :org AND m.enrollment_id = runs.id AND m.direction = 'out'
            AND m.channel = 'voice' AND m.state NOT IN ('planned', 'held', 'refused', 'cancelled', 'not_sent'))), 0)::int AS calls,
        coalesce(sum((SELECT count(*) FROM cases c WHERE c.org_id = :org AND c.enrollment_id = runs.id AND EXISTS (
            SELECT FROM case_events v WHERE v.org_id = :org AND v.case_id = c.id AND v.staff_id IS NOT NULL))), 0)::int AS cases,
        count(*) FILTER (WHERE EXISTS (SELECT FROM appointments a WHERE a.org_id = :org AND a.patient_id = runs.patient_id
            AND a.id IS DISTINCT FROM runs.appointment_id AND a.status = ANY(CAST(:attended AS text[]))
            AND a.start_at > runs.started_at
            AND a.start_at <= (runs.started_at AT TIME ZONE :zone + make_interval(days => :days)) AT TIME ZONE :zone)) AS recovered
    FROM runs
    """  # noqa: S608 - our own words
)
"""Cases that somebody of the staff touched; the missed visit itself is not the recovered one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the runs that began in the period and are 60 days old. Dollars; None with a `note` that says why.

    `incremental_recovered`: how many of `recovered` would not have come without us, by the holdout's share.
    """

    runs: int
    recovered: int
    segments: int
    calls: int
    cases: int
    total: float | None = None
    per_recovered: float | None = None
    incremental_recovered: float | None = None
    per_incremental: float | None = None
    note: str = ""
    incremental_note: str = ""

    def figure(self, period: Period) -> Figure:
        """`numerator` is what was spent, `denominator` the visits recovered."""
        return Figure(
            KPI, round(self.total or 0.0, 2), self.recovered, period, value=self.per_recovered, note=self.note
        )


def figures(session: Session, asked: Asked) -> list[Figure]:
    """The one figure; it is not split."""
    if asked.by not in ("", "program"):
        return []
    found = cost(session, asked.period, program=asked.program or PROGRAM).figure(asked.period)
    return [replace(found, group=(asked.program or PROGRAM) if asked.by else "")]


def cost(session: Session, period: Period, *, program: str = PROGRAM) -> Cost:
    """What was spent on a program's runs and what came of it, at the prices of today."""
    days = KPIS[KPI].days
    begins, _ = local_days.span(session, period.first)
    _, ends = local_days.span(session, min(period.last, local_days.today(session) - timedelta(days=days + 1)))
    asked: dict[str, Any] = {
        "org": org_of(session), "program": program, "begins": begins, "ends": ends, "days": days, "attended": sorted(ATTENDED),
        "zone": local_days.zone(session).key,
    }  # fmt: skip
    row = session.execute(SPENT, asked).one()
    counted = Cost(row.runs, row.recovered, row.segments, row.calls, row.cases)
    said = prices.of(session)
    if said is None:
        return replace(counted, note=NO_PRICES)
    total = spent(counted, said)
    return _incremental(session, _each(replace(counted, total=total), total), period, program)


def spent(counted: Cost, at: Prices) -> float:
    """Segments × (price + carrier fee) + calls × price + staff minutes × rate."""
    staff = counted.cases * at.staff_minutes_a_case / 60 * at.staff_hour_usd
    return counted.segments * (at.segment_usd + at.carrier_fee_usd) + counted.calls * at.voice_call_usd + staff


def _each(counted: Cost, total: float) -> Cost:
    if counted.runs == 0:
        return replace(counted, note="No runs in this period are old enough to count yet.")
    if counted.recovered == 0:
        return replace(counted, note="No visit was recovered in this period: there is nothing to divide by.")
    if counted.recovered < FEWEST:
        return replace(counted, note="Too few recovered visits for a cost of one.")
    return replace(counted, per_recovered=total / counted.recovered)


def _incremental(session: Session, counted: Cost, period: Period, program: str) -> Cost:
    found = lift.incremental(session, period, program=program)
    if found.effect is None or counted.total is None:
        return replace(counted, incremental_note=found.note)
    more = found.effect.value * counted.runs
    if more <= 0 or not found.effect.certain:
        note = "The holdout does not show that visits were added: no cost of an added one."
        return replace(counted, incremental_recovered=more, incremental_note=note)
    return replace(counted, incremental_recovered=more, per_incremental=counted.total / more)
