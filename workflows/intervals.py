"""How sure a share is."""

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
