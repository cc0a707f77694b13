"""What a picture is drawn from: numbers, how many stand behind each, and how they are said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workflows.intervals import wilson
from workflows.kpis.definitions import FEWEST, KPIS
from workflows.kpis.words import percent

if TYPE_CHECKING:
    from workflows.kpis.figures import Figure

Unit = Literal["%", "minutes", "$", "per 1,000", "points"]
SHOWN = 8
"""Of more series than these the largest seven are drawn, and the rest as one."""
OTHER = "Other"
ALT_MOST = 1000  # Slack refuses a longer alternative text
_UNITS: dict[str, Unit] = {
    "share": "%",
    "duration": "minutes",
    "money": "$",
    "per_1000": "per 1,000",
    "points": "points",
}
_NARROW = "\u00a0"


@dataclass(frozen=True, slots=True)
class Point:
    """One number. `value` is None where too few stand behind it to say a rate: then only `hits` of `n` are shown."""

    label: str
    hits: float
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def counted(self) -> str:
        """ "3 of 7": all that can be said of so few."""
        return f"{self.hits:,.0f} of {self.n:,}"

    @property
    def raw(self) -> float | None:
        """Where a hollow mark stands: the bare share of too few."""
        return self.hits / self.n if self.value is None and self.n > 0 else None


@dataclass(frozen=True, slots=True)
class Series:
    """One group's numbers, in the order of the axis."""

    name: str
    points: tuple[Point, ...]

    @property
    def n(self) -> int:
        """How many stand behind all of it."""
        return sum(point.n for point in self.points)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a funnel, and how many came so far."""

    name: str
    n: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of values: what is measured, of what, in which unit. A share is 0 to 1."""

    what: str
    of: str = ""
    unit: Unit = "%"

    @property
    def adds_up(self) -> bool:
        """Groups can be counted together."""
        return self.unit == "%"

    @property
    def title(self) -> str:
        """The axis's words with its unit: "Reached, % of runs started"."""
        if self.unit == "minutes":
            return f"{self.what}, median (minutes, or hours)"
        return f"{self.what}, {self.unit} of {self.of}" if self.of else f"{self.what}, {self.unit}"

    def said(self, value: float) -> str:
        """A number as people say it: no more digits than it carries."""
        if self.unit == "%":
            return percent(value)
        if self.unit == "$":
            return f"${value:,.0f}" if value >= 10 or not value else f"${value:.2f}"
        if self.unit == "minutes":
            return f"{value:,.0f}{_NARROW}min" if value < 120 else f"{_short(value / 60)}{_NARROW}h"
        return f"{100 * value:+.0f}".replace("-", "−") if self.unit == "points" else f"{value:,.1f}"


def _short(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def scale(kpi: str) -> Scale:
    """The axis for a KPI of the catalogue."""
    known = KPIS[kpi]
    unit = _UNITS[known.kind]
    return Scale(known.title, known.denominator if unit == "%" else "", unit)


def of(figure: Figure, label: str) -> Point:
    """A figure as a point, under this label."""
    return Point(label, figure.numerator, figure.denominator, figure.value, figure.low, figure.high)


def share(label: str, hits: int, n: int) -> Point:
    """A share with its interval, or the bare counts of fewer than ten."""
    if n < FEWEST:
        return Point(label, hits, n)
    low, high = wilson(n, hits)
    return Point(label, hits, n, hits / n, low, high)


def fewer(series: Sequence[Series], *, add_up: bool = True) -> list[Series]:
    """At most eight, the largest first: of more, seven and the rest added up as one. Medians and money do not add up: then eight alone."""
    ranked = sorted(series, key=lambda one: (-one.n, one.name))
    if len(ranked) <= SHOWN or not add_up:
        return ranked[:SHOWN]
    kept, rest = ranked[: SHOWN - 1], ranked[SHOWN - 1 :]
    labels = list(dict.fromkeys(point.label for one in series for point in one.points))
    return [*kept, Series(f"{OTHER} ({len(rest)})", tuple(_added(label, rest) for label in labels))]


def not_shown(all_: int, shown: int, *, add_up: bool) -> str:
    """What the foot says of groups that are not there."""
    return f"The {shown} largest of {all_:,}." if all_ > shown and not add_up else ""


def _added(label: str, rest: Iterable[Series]) -> Point:
    """What several groups have at one place of the axis, together."""
    mine = [point for one in rest for point in one.points if point.label == label]
    return share(label, int(sum(point.hits for point in mine)), sum(point.n for point in mine))


def in_words(point: Point, scale: Scale) -> str:
    """ "Nov 16: 31 % (13 of 42, 95 % interval 19 to 46 %)"."""
    if point.n == 0 and point.value is None:
        return f"{point.label}: none"
    if point.value is None:
        return f"{point.label}: {point.counted}, too few for a rate"
    between = ""
    if point.low is not None and point.high is not None:
        between = f", 95 % interval {scale.said(point.low)} to {scale.said(point.high)}"
    elif point.high is not None:
        between = f", nine of ten within {scale.said(point.high)}"
    counted = point.counted if scale.unit == "%" else f"n = {point.n:,}"
    return f"{point.label}: {scale.said(point.value)} ({counted}{between})"


def alternative(finding: str, parts: Sequence[str], *, most: int = ALT_MOST) -> str:
    """The finding and as many parts as Slack takes; what is left out is said."""
    text = finding.strip().rstrip(".")[: most - 100] + "."
    for place, part in enumerate(parts):
        left = f" And {len(parts) - place} more."
        if len(text) + len(part) + 2 + len(left) > most:
            return text + left
        text += f" {part}."
    return text
