"""KPIs that are no counts by day: times of cases, shares of numbers, reviews, calls, money. Each comes from its own module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from workflows.kpis import attainment, callbacks, case_rows, durations, lift, money, numbers_texted, red_flag_reviews
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import CUTS
from workflows.kpis.definitions import KPIS as CATALOGUE
from workflows.kpis.figures import Figure, share


@dataclass(frozen=True, slots=True)
class Source:
    """Where some KPIs come from, and by what they can be split; not all know of phases."""

    kpis: frozenset[str]
    figures: Callable[[Session, Asked], Sequence[Figure]]
    splits_by: Callable[[str], bool]
    phases: bool = True

    def silent(self, asked: Asked) -> str:
        """Why it has nothing to say to what is asked; "" when it has."""
        if asked.by and not self.splits_by(asked.by):
            return f"This is not split by {CUTS[asked.by].lower()}."
        return "This is not counted by phase." if asked.phase and not self.phases else ""


SOURCES = (
    Source(frozenset(attainment.KPIS), attainment.figures, case_rows.splits_by),
    Source(frozenset({durations.CLAIM, durations.RESOLVE}), durations.figures, case_rows.splits_by),
    Source(frozenset(numbers_texted.KPIS), numbers_texted.figures, numbers_texted.GROUPS.__contains__),
    Source(frozenset({red_flag_reviews.KPI}), red_flag_reviews.figures, red_flag_reviews.GROUPS.__contains__),
    Source(frozenset({callbacks.KPI}), callbacks.figures, ("",).__contains__, phases=False),
    Source(frozenset({money.KPI}), money.figures, ("", "program").__contains__, phases=False),
    Source(frozenset({lift.DIFFERENCE}), lift.added, ("",).__contains__, phases=False),
)
KPIS = frozenset[str]().union(*(source.kpis for source in SOURCES))
ARMS = Source(frozenset({lift.KPI}), lift.figures, ("arm",).__contains__, phases=False)
"""What is counted by day otherwise, but needs the holdouts too when it is split by arm."""


def kpis(by: str) -> frozenset[str]:
    """Which KPIs come from here when they are split so."""
    return KPIS | ARMS.kpis if by == "arm" else KPIS


def figures(session: Session, asked: Asked) -> list[Figure]:
    """Those of them that are asked for, in the order of the catalogue; one that has nothing to say says why."""
    wanted = [kpi for kpi in CATALOGUE if kpi in kpis(asked.by) and (not asked.kpis or kpi in asked.kpis)]
    found: dict[str, list[Figure]] = {kpi: [] for kpi in wanted}
    for source in (*SOURCES, ARMS):
        mine = tuple(kpi for kpi in wanted if kpi in source.kpis)
        if note := source.silent(asked):
            found |= {kpi: [Figure(kpi, 0, 0, asked.period, phase=asked.phase, note=note)] for kpi in mine}
        elif mine:
            for figure in source.figures(session, replace(asked, kpis=mine)):
                found.setdefault(figure.kpi, []).append(figure)
    return [
        figure for kpi in wanted for figure in found[kpi] or [share(kpi, 0, 0, period=asked.period, phase=asked.phase)]
    ]
