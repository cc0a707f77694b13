"""How long cases wait to be claimed and take to be resolved: median and 90th percentile, in working time and around the clock.

Time to claim: claim − card posted (− opened, where no card is known to have been posted, as while Slack is down); a case that nobody
claimed counts as still waiting, up to now, or up to its closing. Time to resolve: first resolve − created; a closing that was reopened
within 72 hours is none; the time it waited for the patient or was snoozed is shown apart. Definitions: docs/kpis.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage.db import now
from workflows import team_hours
from workflows.kpis import case_rows
from workflows.kpis.asked import Asked
from workflows.kpis.case_rows import CaseRow
from workflows.kpis.censored import Span, Spread, spread
from workflows.kpis.definitions import FEWEST
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period
from workflows.kpis.work_clock import WorkClock

CLAIM, RESOLVE = "time_to_claim", "time_to_resolve"
VERB = {CLAIM: "claimed", RESOLVE: "resolved"}
Minutes = Callable[[datetime, datetime], float]


@dataclass(frozen=True, slots=True)
class Durations:
    """One group's cases. `business` is the team's working time, `clock` elapsed; both whole.

    `resting` (of time to resolve): working minutes that resolved cases waited for the patient or were snoozed; `active` the working time
    without those.
    """

    kpi: str
    group: str
    cases: int
    over: int
    business: Spread
    clock: Spread
    resting: Spread | None = None
    active: Spread | None = None

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


def figures(session: Session, asked: Asked) -> list[Figure]:
    """Both times (or the one that is asked for) as figures, by group; none where cases are not split so."""
    wanted = [kpi for kpi in (CLAIM, RESOLVE) if not asked.kpis or kpi in asked.kpis]
    return [replace(one.figure(asked.period), phase=asked.phase) for one in _by_group(session, asked, wanted)]


def time_to_claim(session: Session, asked: Asked) -> list[Durations]:
    """Of the cases opened in the period, by group."""
    return _by_group(session, asked, [CLAIM])


def time_to_resolve(session: Session, asked: Asked) -> list[Durations]:
    """Of the cases opened in the period, by group."""
    return _by_group(session, asked, [RESOLVE])


def _by_group(session: Session, asked: Asked, kpis: Sequence[str]) -> list[Durations]:
    if not case_rows.splits_by(asked.by):
        return []
    groups: dict[str, list[CaseRow]] = defaultdict(list)
    for row in case_rows.of(session, asked):
        groups[row.group].append(row)
    if not groups and not asked.by:
        groups[""] = []
    clocks, at = _clocks(session, [row for rows in groups.values() for row in rows]), now(session)
    return [_durations(kpi, group, rows, clocks, at=at) for kpi in kpis for group, rows in sorted(groups.items())]


def _clocks(session: Session, rows: Sequence[CaseRow]) -> dict[str, WorkClock]:
    if not rows:
        return {}
    first, last = min(min(row.opened_at, row.waiting_since) for row in rows), now(session)
    return {team: WorkClock(team_hours.of(session, team), first, last) for team in sorted({row.team for row in rows})}


def _durations(
    kpi: str, group: str, rows: Sequence[CaseRow], clocks: dict[str, WorkClock], *, at: datetime
) -> Durations:
    ends = [_claim(row, at) if kpi == CLAIM else _resolve(row, at) for row in rows]
    business = _spread(ends, (clocks[row.team].minutes for row in rows))
    clock = _spread(ends, (_elapsed for _ in rows))
    over = sum(done for _, _, done in ends)
    if kpi == CLAIM:
        return Durations(kpi, group, len(rows), over, business, clock)
    rests = [_rest(row, clocks[row.team].minutes, at) for row in rows]
    resting = spread(Span(rest, True) for rest, (_, _, done) in zip(rests, ends, strict=True) if done)
    active = spread(
        Span(max(0.0, clocks[row.team].minutes(start, end) - rest), done)
        for row, rest, (start, end, done) in zip(rows, rests, ends, strict=True)
    )
    return Durations(kpi, group, len(rows), over, business, clock, resting, active)


def _claim(row: CaseRow, at: datetime) -> tuple[datetime, datetime, bool]:
    """From when to when, and whether that is the end of it. Claimed before its card was there: at once."""
    end = row.claimed_at or row.closed_at or at
    return row.waiting_since, max(end, row.waiting_since), row.claimed_at is not None


def _resolve(row: CaseRow, at: datetime) -> tuple[datetime, datetime, bool]:
    return row.opened_at, row.resolved_at or at, row.resolved_at is not None


def _rest(row: CaseRow, minutes: Minutes, at: datetime) -> float:
    return sum(minutes(start, end or row.resolved_at or at) for start, end in row.rests)


def _spread(ends: Iterable[tuple[datetime, datetime, bool]], measures: Iterable[Minutes]) -> Spread:
    return spread(Span(minutes(start, end), done) for (start, end, done), minutes in zip(ends, measures, strict=True))


def _elapsed(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds()) / 60
