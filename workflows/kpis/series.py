"""What pictures are drawn from: a KPI week by week, phase by phase, and at which hours patients reply."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from storage.db import org_of
from workflows import local_days
from workflows.kpis import periods
from workflows.kpis.definitions import PHASES
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import LONGEST_DAYS, Period
from workflows.kpis.scope import PART_WEEKS, Scope

TREND_WEEKS = 12
HOURS = text(
    """
    SELECT extract(isodow FROM m.created_at AT TIME ZONE :zone)::int - 1 AS weekday,
        extract(hour FROM m.created_at AT TIME ZONE :zone)::int AS hour, count(*) AS replies
    FROM messages m
    WHERE m.org_id = :org AND m.direction = 'in' AND m.enrollment_id IS NOT NULL AND m.created_at >= :begins AND m.created_at < :ends
    GROUP BY 1, 2
    """
)


def trend(scope: Scope, kpi: str) -> list[tuple[date, Figure]]:
    """The last weeks by their Mondays, the newest that is old enough last; none where nothing was counted in any."""
    span = periods.week(scope.today, window=scope.days(kpi), weeks=TREND_WEEKS)
    counted = {figure.group: figure for figure in scope.groups(span, "week", (kpi,))}
    mondays = [span.first + timedelta(weeks=week) for week in range(TREND_WEEKS)]
    weeks = [Period(monday, monday + timedelta(days=6)) for monday in mondays]
    found = [replace(counted.get(str(w.first), share(kpi, 0, 0, period=w)), period=w, group="") for w in weeks]
    return list(zip(mondays, found, strict=True)) if counted else []


def trends(scope: Scope, kpi: str, programs: Iterable[str]) -> dict[str, list[tuple[date, Figure]]]:
    """The same weeks of each program that has anything in them."""
    found = {code: trend(replace(scope, program=code), kpi) for code in programs}
    return {code: weeks for code, weeks in found.items() if weeks}


def phases(scope: Scope, kpi: str) -> list[tuple[str, Figure]]:
    """Before launch, in the pilot and since; none where there is nothing to compare."""
    based = scope.baseline(kpi)
    found = [("baseline", based)] if based else []
    ever = Period(scope.today - timedelta(days=LONGEST_DAYS - 1), scope.today)
    for phase in PHASES[1:]:
        figure = scope.whole(ever, (kpi,), phase=phase).get(kpi)
        if figure is not None and figure.denominator:
            found.append((phase, figure))
    return found if len(found) > 1 else []


def hours(scope: Scope) -> dict[tuple[int, int], int]:
    """(weekday from Monday 0, local hour) → replies of the last weeks."""
    period = periods.week(scope.today, weeks=PART_WEEKS)
    begins, _ = local_days.span(scope.session, period.first)
    _, ends = local_days.span(scope.session, period.last)
    zone = local_days.zone(scope.session).key
    asked: dict[str, Any] = {"org": org_of(scope.session), "zone": zone, "begins": begins, "ends": ends}
    return {(row.weekday, row.hour): row.replies for row in scope.session.execute(HOURS, asked)}
