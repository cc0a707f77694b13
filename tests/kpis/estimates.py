"""How sure a share is, the difference of two, and the median of what is not over yet: once more, from the papers, nothing of workflows."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import hypot, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Told:
    """What a figure says: counts, and the value with its interval (of times: median and 90th percentile); None where too few count."""

    above: float
    below: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def share(hits: int, of: int, *, per: int = 1) -> Told:
    """A share (`per` 1,000: that many times it) with Wilson's interval; of fewer than ten the counts alone."""
    if of < 10 or hits > of:
        return Told(hits, of)
    low, high = wilson(hits, of)
    return Told(hits, of, per * hits / of, per * low, per * high)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The shares x from which hits ÷ of is 1.96 standard errors away: the roots of (h − x)² = z² x (1 − x) ÷ n."""
    h, spread = hits / of, Z * Z / of
    a, b, c = 1 + spread, -(2 * h + spread), h * h
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


def newcombe(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float, float] | None:
    """(hits, of) less (hits, of): value, low, high by Newcombe's method 10; None of fewer than ten on either side."""
    if min(one[1], other[1]) < 10:
        return None
    first, second = one[0] / one[1], other[0] / other[1]
    (low1, high1), (low2, high2) = wilson(*one), wilson(*other)
    gap = first - second
    return gap, gap - hypot(first - low1, high2 - second), gap + hypot(high1 - first, second - low2)


def waited(times: Iterable[tuple[float, bool]], *rests: Fraction) -> list[float | None]:
    """For each of `rests`, the first time at which no more than that part still waits, by Kaplan and Meier; None: never so far.

    A time is (minutes, over); one that is not over was waiting at least so long.
    """
    known = sorted(times)
    found: list[float | None] = []
    for rest in rests:
        waiting, answer = Fraction(1), None
        for at in sorted({minutes for minutes, over in known if over}):
            still = sum(minutes >= at for minutes, _ in known)
            ended = sum(minutes == at and over for minutes, over in known)
            waiting *= Fraction(still - ended, still)
            if waiting <= rest:
                answer = at
                break
        found.append(answer)
    return found


HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
