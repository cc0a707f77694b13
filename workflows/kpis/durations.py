"""How long cases wait to be claimed and take to be resolved: median and 90th percentile, in working time and around the clock.

Time to claim: claim − card posted (− opened, where no card is known to have been posted, as while Slack is down); a case that nobody
claimed counts as still waiting, up to the last refresh, or up to its closing. Time to resolve: first resolve − created; a closing that was
reopened within 72 hours is none; the time it waited for the patient or was snoozed is shown apart. Definitions: docs/kpis.md.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from workflows.kpis import case_facts, case_rows
from workflows.kpis.asked import Asked
from workflows.kpis.censored import Spread, spread
from workflows.kpis.definitions import FEWEST
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period

CLAIM, RESOLVE = "time_to_claim", "time_to_resolve"
VERB = {CLAIM: "claimed", RESOLVE: "resolved"}
OVER = {CLAIM: "claimed_at IS NOT NULL", RESOLVE: "resolved_at IS NOT NULL"}
ENDED = {CLAIM: "claim_minutes IS NOT NULL", RESOLVE: "resolve_minutes IS NOT NULL"}
"""A case that was closed unclaimed waits no more, and was not claimed."""
BEGAN = {CLAIM: "waiting_since", RESOLVE: "opened_at"}
TO_COUNT = "SELECT {group} AS grp, count(*) AS cases, {aggregates} FROM kpi_cases WHERE {where} GROUP BY 1"
GOING_ON = """
    SELECT {group} AS grp, owner, opened_at, waiting_since, rest_minutes, resting_since, {going} FROM kpi_cases
    WHERE {where} AND ({any_of})
"""
Minutes = Callable[[datetime, datetime], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A way to count minutes: of what is over, in SQL; of what goes on (since when, its row, working minutes, until). None: not of it."""

    over: str
    going_on: Callable[[datetime, Any, Minutes, datetime], float] | None = None


def _elapsed(since: datetime, _row: Any, _work: Minutes, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) / 60


def _worked(since: datetime, _row: Any, work: Minutes, at: datetime) -> float:
    return work(since, at)


def _active(since: datetime, row: Any, work: Minutes, at: datetime) -> float:
    asleep: float = row.rest_minutes + (work(row.resting_since, at) if row.resting_since else 0.0)
    return max(0.0, work(since, at) - asleep)


def _clock(end: str, since: str) -> str:
    return f"extract(epoch FROM greatest({end} - {since}, interval '0'))::float8 / 60"


WORK = {CLAIM: Measure("claim_minutes", _worked), RESOLVE: Measure("resolve_minutes", _worked)}
CLOCK = {
    CLAIM: Measure(_clock("coalesce(claimed_at, closed_at)", "waiting_since"), _elapsed),
    RESOLVE: Measure(_clock("resolved_at", "opened_at"), _elapsed),
}
RESTING, ACTIVE = Measure("rest_minutes"), Measure("greatest(resolve_minutes - rest_minutes, 0)", _active)


@dataclass(frozen=True, slots=True)
class Times:
    """One group's cases; `over` of them are. `business` is their team's working time."""

    kpi: str
    group: str
    cases: int
    over: int
    business: Spread

    def figure(self, period: Period) -> Figure:
        """Working minutes: `value` the median, `high` the 90th percentile; of fewer than ten cases counts alone."""
        if self.cases == 0:
            return Figure(self.kpi, 0, 0, period, self.group, note="No cases in this period.")
        if self.cases < FEWEST:
            return Figure(self.kpi, self.over, self.cases, period, self.group, note="Too few for a median.")
        return Figure(
            self.kpi, self.over, self.cases, period, self.group, value=self.business.median, high=self.business.p90,
            note=self._unreached(),
        )  # fmt: skip

    def _unreached(self) -> str:
        verb = VERB[self.kpi]
        if self.business.median is None:
            return f"Fewer than half are {verb} yet: there is no median."
        if self.business.p90 is None:
            return f"Fewer than nine in ten are {verb} yet: there is no 90th percentile."
        return ""


@dataclass(frozen=True, slots=True)
class Durations(Times):
    """`clock` is elapsed time, whole like `business`.

    `resting` (of time to resolve): working minutes that resolved cases waited for the patient or were snoozed; `active` the working time
    without those.
    """

    clock: Spread
    resting: Spread | None = None
    active: Spread | None = None


def figures(session: Session, asked: Asked) -> list[Figure]:
    """Both times (or the one that is asked for) as figures, by group; none where cases are not split so."""
    wanted = [kpi for kpi in (CLAIM, RESOLVE) if not asked.kpis or kpi in asked.kpis]
    found = _by_group(session, asked, [(kpi, WORK[kpi]) for kpi in wanted])
    made = [Times(kpi, group, *of[kpi, WORK[kpi]]) for kpi in wanted for group, of in found.items()]
    return [replace(one.figure(asked.period), phase=asked.phase) for one in made]


def time_to_claim(session: Session, asked: Asked) -> list[Durations]:
    """Of the cases opened in the period, by group."""
    return _durations(session, asked, CLAIM)


def time_to_resolve(session: Session, asked: Asked) -> list[Durations]:
    """Of the cases opened in the period, by group."""
    return _durations(session, asked, RESOLVE, RESTING, ACTIVE)


def _durations(session: Session, asked: Asked, kpi: str, *more: Measure) -> list[Durations]:
    measures = (WORK[kpi], CLOCK[kpi], *more)
    found = _by_group(session, asked, [(kpi, one) for one in measures])
    made = []
    for group, of in found.items():
        spreads = [of[kpi, one][2] for one in measures]
        made.append(Durations(kpi, group, *of[kpi, WORK[kpi]][:2], *spreads))
    return made


Wanted = tuple[str, Measure]
Found = Mapping[Wanted, tuple[int, int, Spread]]  # cases, those that are over, and their minutes


def _by_group(session: Session, asked: Asked, wanted: Sequence[Wanted]) -> dict[str, Found]:
    """Each group's cases measured, in the order of the groups; one group of none where nothing is split and there is nothing."""
    if not case_rows.splits_by(asked.by):
        return {}
    group, where = case_rows.of(asked, day="day")
    said = case_rows.said(session, asked)
    query = TO_COUNT.format(
        group=group, where=where, aggregates=", ".join(map(_aggregates, range(len(wanted)), wanted))
    )
    rows = {row.grp: row for row in session.execute(text(query), said)}
    ages = _going_on(session, GOING_ON.replace("{group}", group).replace("{where}", where), said, wanted)
    made: dict[str, Found] = {
        grp: {one: _measured(row, at, ages[grp, one]) for at, one in enumerate(wanted)}
        for grp, row in sorted(rows.items())
    }
    return made if made or asked.by else {"": dict.fromkeys(wanted, (0, 0, Spread(None, None)))}


def _aggregates(at: int, wanted: Wanted) -> str:
    kpi, measure = wanted
    over, left = OVER[kpi], f"{ENDED[kpi]} AND NOT ({OVER[kpi]})"
    return f"array_agg({measure.over}) FILTER (WHERE {over}) AS over_{at}, array_agg({measure.over}) FILTER (WHERE {left}) AS left_{at}"


def _measured(row: Any, at: int, ages: Sequence[float]) -> tuple[int, int, Spread]:
    over, left = (getattr(row, f"{kind}_{at}") or () for kind in ("over", "left"))
    return row.cases, len(over), spread(over, [*left, *ages])


def _going_on(
    session: Session, query: str, said: Mapping[str, Any], wanted: Sequence[Wanted]
) -> dict[tuple[str, Wanted], list[float]]:
    """How old what goes on is, by group and measure."""
    kpis, at = list(dict.fromkeys(kpi for kpi, _ in wanted)), case_rows.as_of(session)
    going = {kpi: f"NOT ({ENDED[kpi]})" for kpi in kpis}
    columns = ", ".join(f"{sql} AS {kpi}" for kpi, sql in going.items())
    rows = session.execute(text(query.format(going=columns, any_of=" OR ".join(going.values()))), dict(said)).all()
    work = case_facts.clocks(session, min((min(row.opened_at, row.waiting_since) for row in rows), default=None))
    ages: dict[tuple[str, Wanted], list[float]] = defaultdict(list)
    for row in rows:
        for kpi, measure in wanted:
            if measure.going_on and getattr(row, kpi):
                ages[row.grp, (kpi, measure)].append(
                    measure.going_on(getattr(row, BEGAN[kpi]), row, work(row.owner).minutes, at)
                )
    return ages
