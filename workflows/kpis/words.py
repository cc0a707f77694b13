"""Figures as people read them: always with n and interval, no false precision, small numbers as counts."""

from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import Figure

HOUR_MIN, DAY_MIN = 60, 24 * 60
NBSP = "\u00a0"


def percent(share: float) -> str:
    """ "31 %"; what would round to nothing or to all is "under 1 %" or "over 99 %"."""
    if 0 < share < 0.005:
        return f"under 1{NBSP}%"
    if 0.995 < share < 1:
        return f"over 99{NBSP}%"
    return f"{round(100 * share)}{NBSP}%"


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
    if figure.value is None:
        return f"{_count(figure.numerator)} of {figure.denominator:,}"
    return _as(figure, figure.value)


def said(figure: Figure) -> str:
    """The value with n and interval: "31 % (n = 240, 26–37 %)", "7 of 9", "35 min, 9 of 10 within 4 h (n = 40)"."""
    if figure.value is None:
        return figure.note if figure.denominator == 0 and figure.note else value(figure)
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
    return f"${number:,.0f}" if kind == "money" else f"{number:,.1f}"


def _span(figure: Figure, low: float, high: float) -> str:
    if KPIS[figure.kpi].kind != "share":
        return f"{_as(figure, low)}–{_as(figure, high)}"
    return f"{round(100 * low)}–{round(100 * high)}{NBSP}%"


def _count(number: float) -> str:
    return f"{number:,.0f}"
