"""Figures as people read them: always with n and interval, no false precision, small numbers as counts."""

from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.figures import Figure

HOUR_MIN, DAY_MIN = 60, 24 * 60
NBSP = "\u00a0"


def percent(share: float) -> str:
    """ "31 %"; below ten one place, "2.5 %", since 0.4 and 1.4 are not alike."""
    return f"{_hundred(share)}{NBSP}%"


def minutes(length: float) -> str:
    """ "35 min", "4 h 10 min", "3 days"."""
    whole = round(length)
    if whole < HOUR_MIN:
        return f"{whole}{NBSP}min" if whole else f"under 1{NBSP}min"
    if whole < DAY_MIN:
        hours, rest = divmod(whole, HOUR_MIN)
        return f"{hours}{NBSP}h {rest}{NBSP}min" if rest else f"{hours}{NBSP}h"
    days = round(whole / DAY_MIN)
    return f"{days}{NBSP}day{'s' if days > 1 else ''}"


def value(figure: Figure) -> str:
    """The value alone: "31 %", "35 min", "$118", "3.1"; "7 of 9" where there are too few, "none yet" of nothing."""
    if figure.denominator == 0:
        return "none yet"
    if figure.value is None and not _counts(figure):
        return "no figure"
    if figure.value is None:
        return f"{_count(figure.numerator)} of {figure.denominator:,}"
    return _as(figure, figure.value)


def said(figure: Figure) -> str:
    """The value with n and interval: "31 % (n = 240, 26 to 37 %)", "7 of 9", "35 min, 9 of 10 within 4 h (n = 40)"."""
    if figure.value is None:
        if figure.denominator == 0:
            return figure.note or value(figure)
        why = figure.note and (figure.denominator >= FEWEST or not _counts(figure))
        return f"{value(figure)}. {figure.note}" if why else value(figure)
    of = f"n = {figure.denominator:,}"
    if KPIS[figure.kpi].kind == "duration":
        within = f", 9 of 10 within {minutes(figure.high)}" if figure.high is not None else ""
        return f"{value(figure)}{within} ({of})"
    if figure.low is None or figure.high is None:
        return f"{value(figure)} ({of})"
    return f"{value(figure)} ({of}, {_span(figure, figure.low, figure.high)})"


def title(figure: Figure) -> str:
    """What the figure is called."""
    return KPIS[figure.kpi].title


def _as(figure: Figure, number: float) -> str:
    kind = KPIS[figure.kpi].kind
    if kind == "share":
        return percent(number)
    if kind == "duration":
        return minutes(number)
    if kind == "points":
        return f"{signed(number)}{NBSP}points"
    return f"${number:,.0f}" if kind == "money" else f"{number:,.1f}"


def _counts(figure: Figure) -> bool:
    """Whether its numerator is so many of its denominator: dollars of visits and calls of discharges are not."""
    return KPIS[figure.kpi].kind != "money" and figure.kpi != "avoidable_callbacks"


def points(low: float, high: float) -> str:
    """The ends of a difference of two shares: "−1 to 11 points"."""
    return f"{signed(low).removeprefix('+')} to {signed(high).removeprefix('+')}{NBSP}points"


def signed(share: float) -> str:
    """ "+7", "−1", "0": in points of a hundred."""
    hundred = round(100 * share)
    return f"{'−' if hundred < 0 else '+' if hundred else ''}{abs(hundred)}"


def _span(figure: Figure, low: float, high: float) -> str:
    if KPIS[figure.kpi].kind == "points":
        return points(low, high)
    if KPIS[figure.kpi].kind != "share":
        return f"{_as(figure, low)} to {_as(figure, high)}"
    return f"{_hundred(low)} to {_hundred(high)}{NBSP}%"


def _hundred(share: float) -> str:
    hundred = 100 * share
    if hundred >= 9.95 or hundred == 0:
        return f"{hundred:.0f}"
    return "under 0.1" if hundred < 0.05 else f"{hundred:.1f}".removesuffix(".0")


def _count(number: float) -> str:
    return f"{number:,.0f}"
