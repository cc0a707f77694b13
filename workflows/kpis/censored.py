"""Quantiles of times of which some are not over yet. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Span:
    """So many minutes; `over` False: at least so many, it still goes on."""

    minutes: float
    over: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Minutes. None: not reached, too many still go on."""

    median: float | None
    p90: float | None


def spread(spans: Iterable[Span]) -> Spread:
    """Median and 90th percentile by Kaplan and Meier (JASA 53:457, 1958): the first time at which no more than that share still waits.

    What still goes on counts as waiting up to its age and says nothing of later. With nothing going on it is the plain quantile (the
    smallest time that so many reached).
    """
    spans = list(spans)
    ended = Counter(one.minutes for one in spans if one.over)
    left_by = Counter(one.minutes for one in spans)
    waiting, share = len(spans), 1.0
    found: dict[float, float] = {}
    for at in sorted(left_by):
        share *= 1 - ended[at] / waiting
        waiting -= left_by[at]
        for rest in (0.5, 0.1):
            if share <= rest + _EPSILON and ended[at]:
                found.setdefault(rest, at)
    return Spread(found.get(0.5), found.get(0.1))
