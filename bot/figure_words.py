"""A figure in the cells of a table: value, interval, of how many, how it moved; numbers as `workflows.kpis.words` says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.kpis.definitions import KPIS
from workflows.kpis.words import NBSP, minutes, percent, points
from workflows.kpis.words import value as said

if TYPE_CHECKING:
    from workflows.kpis.figures import Figure
    from workflows.kpis.moves import Change

NONE = "no data"


def value(figure: Figure) -> str:
    """ "31 %", "42 min", "$182", "3 of 7" where there are too few, "no data" where there is nothing."""
    return said(figure) if figure.denominator or figure.enough else NONE


def interval(figure: Figure) -> str:
    """ "28 to 34 %", of a duration "9 of 10 within 3 h"; empty where there is none."""
    kind = KPIS[figure.kpi].kind
    if figure.value is None or figure.high is None:
        return ""
    if kind == "duration":
        return f"9 of 10 within {minutes(figure.high)}"
    if figure.low is None:
        return ""
    if kind == "points":
        return points(figure.low, figure.high)
    if kind == "share":
        return f"{percent(figure.low).removesuffix(f'{NBSP}%')} to {percent(figure.high)}"
    return f"{_number(figure.low, kind)} to {_number(figure.high, kind)}"


def counts(figure: Figure) -> str:
    """ "312 of 1,004"; of what has no numerator to count, "1,004"; empty for nothing."""
    if not figure.denominator:
        return ""
    if KPIS[figure.kpi].kind in ("duration", "money") or figure.numerator != int(figure.numerator):
        return f"{figure.denominator:,}"
    return f"{int(figure.numerator):,} of {figure.denominator:,}"


def change(kpi: str, moved: Change | None) -> str:
    """ "+7 points", "−12 min", "no change"; empty where nothing can be compared."""
    if moved is None:
        return ""
    kind, size = KPIS[kpi].kind, abs(moved.by)
    if kind in ("share", "points"):
        by = round(100 * size)
        unit = f"{NBSP}point{'' if by == 1 else 's'}"
        return f"{_sign(moved.by)}{by}{unit}" if by else "no change"
    if kind == "duration":
        return f"{_sign(moved.by)}{minutes(size)}" if size >= 1 else "no change"
    words = _number(size, kind)
    return "no change" if words in ("0.0", "$0") else f"{_sign(moved.by)}{words}"


def chance(moved: Change | None) -> str:
    """Whether a change says anything: "better", "worse", "changed", or "may be chance"."""
    if moved is None or not moved.by:
        return ""
    return (moved.way or "changed") if moved.sure else "may be chance"


def _number(number: float, kind: str) -> str:
    return f"${number:,.0f}" if kind == "money" else f"{number:,.1f}"


def _sign(number: float) -> str:
    return "+" if number > 0 else "−"
