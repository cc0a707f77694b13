"""How sure a share is, and the difference of two."""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson(n: int, hits: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, JASA 22:209, 1927); (0, 1) for no trial."""
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, Z95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return min(share, max(0.0, middle - half)), max(
        share, min(1.0, middle + half)
    )  # of none or all, rounding may cross the share


@dataclass(frozen=True, slots=True)
class Difference:
    """One share less another, with its 95 % interval; -1 to 1."""

    value: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """The interval leaves no doubt about the direction."""
        return self.low > 0 or self.high < 0


def difference(first: tuple[int, int], second: tuple[int, int]) -> Difference | None:
    """The first share less the second, both given as (n, hits); None where one of them is of nothing.

    Newcombe's interval from two Wilson intervals (Statistics in Medicine 17:873, 1998, method 10).
    """
    if not first[0] or not second[0]:
        return None
    p1, (l1, u1) = first[1] / first[0], wilson(*first)
    p2, (l2, u2) = second[1] / second[0], wilson(*second)
    low = p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return Difference(p1 - p2, low, high)
