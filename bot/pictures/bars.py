"""A number by group, the largest group first, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.pictures import native, paper
from bot.pictures.points import OTHER, Point, Scale, Series, alternative, fewer, in_words, not_shown
from bot.pictures.rows import ROW_IN, Row, lay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOTE = "Black: 95 % interval."
_HOLLOW = "Hollow: fewer than 10, counted, no rate."


def draw(finding: str, groups: Sequence[Point], scale: Scale) -> paper.Picture:
    """The picture of groups; of more than eight the largest seven, and the others as one. A point's label is its group's name."""
    shown = merged(groups, add_up=scale.adds_up)
    figure = plot(finding, shown, scale, note=not_shown(len(groups), len(shown), add_up=scale.adds_up))
    native_ = native.bars(finding, shown, scale)
    return paper.printed(figure, finding=finding, alt=alt(finding, shown, scale), native=native_)


def merged(groups: Sequence[Point], *, add_up: bool = True) -> list[Point]:
    """The largest first, at most eight."""
    ranked = fewer([Series(point.label, (_at_one_place(point),)) for point in groups], add_up=add_up)
    known = {point.label: point for point in groups}
    return [known.get(one.name) or _named(one) for one in ranked]


def alt(finding: str, groups: Sequence[Point], scale: Scale) -> str:
    """Each group with its number."""
    return alternative(finding, [scale.title, *(in_words(point, scale) for point in groups)])


def plot(finding: str, groups: Sequence[Point], scale: Scale, *, note: str = "") -> Figure:
    """The figure, not yet printed; `note` goes to its foot."""
    figure = paper.sheet(finding, height_in=0.85 + ROW_IN * (0.25 + max(1, len(groups))))
    axes = figure.add_subplot()
    ends = [value for p in groups for value in (p.high, p.value, p.raw) if value is not None]
    top = paper.nice_top(max(ends, default=0), scale.unit)
    lay(axes, [_row(point, scale) for point in groups], top=top)
    ticks = [0, top / 2, top]
    axes.set_xticks(ticks, [scale.said(tick) for tick in ticks])
    paper.inward(axes)
    words = paper.wrapped(scale.title, width_pt=325, size=paper.SMALL, lines=2, bold=False)
    axes.set_xlabel(words, fontsize=paper.SMALL, color=paper.SOFT, loc="left")
    notes = [_NOTE] if any(p.low is not None for p in groups) else []
    paper.footnote(figure, " ".join([*notes, _HOLLOW] if any(p.raw is not None for p in groups) else notes), note)
    return figure


def _row(point: Point, scale: Scale) -> Row:
    colour = paper.REST if point.label.startswith(f"{OTHER} (") else paper.BLUE
    if point.value is None:
        return Row(point.label, point.counted if point.n else "none yet", None, hollow=point.raw, colour=colour)
    said = f"{scale.said(point.value)}, n = {point.n:,}"
    return Row(point.label, said, point.value, low=point.low, high=point.high, colour=colour)


def _at_one_place(point: Point) -> Point:
    """All groups stand at the same place of the axis, so that the small ones can be added up."""
    return Point("", point.hits, point.n, point.value, point.low, point.high)


def _named(one: Series) -> Point:
    point = one.points[0]
    return Point(one.name, point.hits, point.n, point.value, point.low, point.high)
