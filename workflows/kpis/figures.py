"""A figure: one KPI of one group, with how sure it is. What everything that shows numbers is made of."""

from dataclasses import dataclass

from workflows.intervals import wilson
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.periods import Period


@dataclass(frozen=True, slots=True)
class Figure:
    """`value`, `low` and `high` are None where there are too few to say (`FEWEST`), or nothing at all (`note` says why).

    A share is 0 to 1, a duration minutes (`value` the median, `high` the 90th percentile), money dollars, per 1,000 a number.
    `group` is the code of the cut's value, "" for all; `phase` "" for any.
    """

    kpi: str
    numerator: float
    denominator: int
    period: Period
    group: str = ""
    phase: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    window: str = ""
    """The window in words, where the program's is not the usual one."""

    @property
    def definition(self) -> str:
        """What is counted over what, and within which window."""
        return KPIS[self.kpi].defined(self.window)

    @property
    def enough(self) -> bool:
        """There is a value to show, not only counts."""
        return self.value is not None


def share(kpi: str, hits: int, of: int, *, period: Period, group: str = "", phase: str = "") -> Figure:
    """A share with Wilson's 95 % interval; of fewer than ten, counts alone; of nothing, a sentence. Never NaN."""
    if of == 0:
        note = f"No {KPIS[kpi].unit} in this period are old enough to count yet."
        return Figure(kpi, hits, of, period, group, phase, note=note)
    if of < FEWEST:
        return Figure(kpi, hits, of, period, group, phase, note="Too few for a share.")
    low, high = wilson(of, hits)
    return Figure(kpi, hits, of, period, group, phase, hits / of, low, high)
