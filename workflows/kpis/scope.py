"""Whose figures are read and of when: each KPI of the newest weeks that are old enough, unless a period was asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from workflows import local_days
from workflows.kpis import baselines, engine, maturity, periods
from workflows.kpis.asked import Asked
from workflows.kpis.baselines import Line
from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

PART_WEEKS = 4
"""Funnel, drop-off and breakdowns are of so many weeks: one alone is too small to be split."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`period` None: for each figure the newest week that is old enough. `program` a code, None for all."""

    session: Session
    period: Period | None = None
    program: str | None = None
    _before: list[dict[tuple[str, str], Line]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The organisation's."""
        return local_days.today(self.session)

    def weeks(self, kpi: str = "", *, weeks: int = 1) -> Period:
        """What was asked for, else the newest weeks in which this KPI's units are old enough, of whatever program in the scope."""
        return self.period or periods.week(self.today, window=self.days(kpi) if kpi else 0, weeks=weeks)

    def days(self, kpi: str) -> int:
        """How many whole days a unit needs here to be old enough."""
        return maturity.days(self.session, kpi, self.program)

    def by_period(self, kpis: Iterable[str], *, weeks: int = 1) -> dict[Period, list[str]]:
        """Each KPI under the period it is of: those whose units need as many weeks share one, and one query."""
        made: dict[Period, list[str]] = {}
        for kpi in kpis:
            made.setdefault(self.weeks(kpi, weeks=weeks), []).append(kpi)
        return made

    def whole(self, period: Period, kpis: Sequence[str], *, phase: str = "") -> dict[str, Figure]:
        """These KPIs of a period, not split."""
        found = engine.figures(self.session, Asked(period, self.program, phase=phase, kpis=tuple(kpis)))
        return {figure.kpi: figure for figure in found if not figure.group}

    def split(self, cut: str, kpis: Sequence[str], *, weeks: int = 1, back: bool = False) -> list[Figure]:
        """By the groups of a cut, those that have anything; `back`: of the period before."""
        found: list[Figure] = []
        for period, asked in self.by_period(kpis, weeks=weeks).items():
            found += self.groups(period.before if back else period, cut, asked)
        return found

    def groups(self, period: Period, cut: str, kpis: Sequence[str]) -> list[Figure]:
        """These KPIs of a period by the groups of a cut, those that have anything."""
        found = engine.figures(self.session, Asked(period, self.program, by=cut, kpis=tuple(kpis)))
        return [figure for figure in found if figure.denominator]

    def baseline(self, kpi: str, program: str | None = None) -> Figure | None:
        """As it was before launch, for shares: nothing else can be held against one."""
        if not self._before:  # read once for all KPIs and programs
            self._before.append(baselines.by_name(self.session))
        known = self._before[0]
        line = known.get((program or self.program or "", kpi)) or known.get(("", kpi))
        if line is None or KPIS[kpi].kind != "share" or line.numerator > line.denominator:
            return None
        return share(kpi, line.numerator, line.denominator, period=Period(line.first, line.last), phase="baseline")
