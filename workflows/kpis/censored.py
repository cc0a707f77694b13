"""Quantiles of times of which some are not over yet. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Spread:
    """Minutes. None: not reached, too many still go on."""

    median: float | None
    p90: float | None


def spread(over: Iterable[float], waiting: Iterable[float] = ()) -> Spread:
    """Median and 90th percentile by Kaplan and Meier (JASA 53:457, 1958): the first time at which no more than that share still waits.

    `over`: minutes of what ended; `waiting`: at least so many of what still goes on, which says nothing of later. With nothing going on
    it is the plain quantile (the smallest time that so many reached).
    """
    ended, left = sorted(over), Counter(waiting)
    return Spread(_quantile(ended, left, 0.5), _quantile(ended, left, 0.1))


def _quantile(ended: list[float], left: Counter[float], rest: float) -> float | None:
    """Between two that leave the share that waits falls evenly with each that ends: only those who leave are walked through."""
    waiting, share, done = len(ended) + left.total(), 1.0, 0
    for at in (*sorted(left), float("inf")):
        until = bisect_right(ended, at)
        if until > done:
            needed = max(1, ceil(waiting * (1 - (rest + _EPSILON) / share)))
            if needed <= until - done:
                return ended[done + needed - 1]
            share *= (waiting - (until - done)) / waiting
        waiting -= until - done + left[at]
        done = until
    return None
