"""A number by week: one line with its interval as a band, or a small panel a group, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.pictures import native, paper
from bot.pictures.loading import load
from bot.pictures.points import OTHER, Point, Scale, Series, alternative, fewer, in_words, not_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOLLOW = "Hollow: fewer than 10, counted, no rate."
BAND = "Shaded: 95 % interval."
BAR = "Upright line: 95 % interval."
SLOW = "Shaded: from the median to what nine of ten stay within."
_PLOT_PT = 285.0  # what the axis of the one line has of the card's width
_TICK_PT = 38.0  # "Nov 16" and air
_PANEL_PT = 138.0
_MAX_ALT = 12


def draw(finding: str, series: Sequence[Series], scale: Scale, *, by: str = "week beginning") -> paper.Picture:
    """The picture of a trend; more than eight series are the largest seven and "Other"."""
    shown = fewer(series, add_up=scale.adds_up)
    figure = plot(finding, shown, scale, by=by, note=not_shown(len(series), len(shown), add_up=scale.adds_up))
    native_ = native.line(finding, shown, scale, by=by)
    return paper.printed(figure, finding=finding, alt=alt(finding, shown, scale, by=by), native=native_)


def alt(finding: str, series: Sequence[Series], scale: Scale, *, by: str) -> str:
    """What it says: each group's newest number first, then what came before."""
    if len(series) == 1:
        newest = list(reversed(series[0].points))[:_MAX_ALT]
        return alternative(
            finding, [f"{scale.title}, by {by}, newest first", *(in_words(one, scale) for one in newest)]
        )
    last = [f"{one.name}, {in_words(one.points[-1], scale)}" for one in series if one.points]
    return alternative(finding, [f"{scale.title}, newest {by}, by group", *last])


def plot(finding: str, series: Sequence[Series], scale: Scale, *, by: str = "week beginning", note: str = "") -> Figure:
    """The figure, not yet printed; `note` goes to its foot."""
    if len(series) > 1:
        return _panels(finding, series, scale, by=by, note=note)
    figure = paper.sheet(finding, height_in=2.6)
    axes = figure.add_subplot()
    points = series[0].points if series else ()
    _line(axes, points, paper.BLUE)
    _ends(axes, points, scale)
    _values(axes, [points], scale)
    weeks = [point.n for point in points if point.n]
    spread = f"{min(weeks):,}" + (f" to {max(weeks):,}" if min(weeks) < max(weeks) else "") if weeks else ""
    axes.set_xlabel(f"{by} (n = {spread})" if spread else by, fontsize=paper.SMALL, color=paper.SOFT, loc="left")
    places = paper.thinned(len(points), room=_PLOT_PT, each=_TICK_PT)
    axes.set_xticks(places, [f"{points[place].label}\nn {points[place].n:,}" for place in places])
    _above(axes, scale)
    if not any(point.n for point in points):
        _nothing(axes)
    paper.footnote(figure, _key(points, scale))
    return figure


def _panels(finding: str, series: Sequence[Series], scale: Scale, *, by: str, note: str) -> Figure:
    """Two a row: lines of eight colours in one frame cross, and nobody reads them."""
    rows = -(-len(series) // 2)
    figure = paper.sheet(finding, height_in=0.6 + 1.2 * rows)
    grid = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
    every = [one.points for one in series]
    hues = paper.colours(len(series), rest=series[-1].name.startswith(OTHER))
    for place, (one, colour) in enumerate(zip(series, hues, strict=True)):
        axes: Axes = grid[place // 2][place % 2]
        _line(axes, one.points, colour)
        last = next((p for p in reversed(one.points) if p.value is not None), None)
        said = f"{scale.said(last.value)}, n = {one.n:,}" if last and last.value is not None else f"n = {one.n:,}"
        _panel_title(axes, paper.clipped(one.name, width_pt=_PANEL_PT, size=paper.SMALL, tail=paper.NAME_TAIL), said)
        _values(axes, every, scale)
    if len(series) % 2:
        grid[-1][-1].set_visible(False)
    longest = max(every, key=len)
    ends = sorted({0, len(longest) - 1}) if longest else []
    for axes in (grid[-1][0], grid[-1][1] if len(series) % 2 == 0 else grid[-2][1]):
        axes.set_xticks(ends, [longest[place].label for place in ends])
        axes.tick_params(labelbottom=True)
        paper.inward(axes)
    paper.footnote(
        figure, f"{scale.title}, by {by}.", _key([point for points in every for point in points], scale), note
    )
    return figure


def _panel_title(axes: Axes, name: str, said: str) -> None:
    """Two lines above the panel. As a title they would be held against the panel's width, and squeeze it; a title holds the room alone."""
    axes.set_title(" \n ", loc="left", fontsize=paper.SMALL, pad=6)
    for words, above, colour in ((name, 18, paper.INK), (said, 6, paper.SOFT)):
        line = axes.annotate(
            words, (0, 1), xycoords="axes fraction", xytext=(0, above), textcoords="offset points", va="baseline",
            fontsize=paper.SMALL, color=colour, annotation_clip=False,
        )  # fmt: skip
        line.set_in_layout(False)


def _line(axes: Axes, points: Sequence[Point], colour: str) -> None:
    """The line breaks where nothing can be said; too few stand hollow, with no line to them."""
    places = range(len(points))
    nan = float("nan")
    low = [nan if p.value is None or p.high is None else p.value if p.low is None else p.low for p in points]
    high = [nan if p.value is None or p.high is None else p.high for p in points]
    axes.fill_between(places, low, high, color=_tint(colour), linewidth=0)
    for edge in (low, high):
        axes.plot(places, edge, color=colour, linewidth=0.5, alpha=1)
    axes.plot(places, [nan if p.value is None else p.value for p in points], color=colour, linewidth=2)
    for place in alone(points):  # a band needs two
        axes.plot([place, place], [low[place], high[place]], color=colour, linewidth=1.2)
    full = [(place, p.value) for place, p in zip(places, points, strict=True) if p.value is not None]
    few = [(place, p.raw) for place, p in zip(places, points, strict=True) if p.raw is not None]
    for marks, face in ((full, colour), (few, paper.CARD)):
        if marks:  # without any, matplotlib makes room for one in the corner of the card
            xs, ys = [place for place, _ in marks], [value for _, value in marks]
            axes.plot(xs, ys, "o", color=colour, markerfacecolor=face, markersize=4.5, clip_on=False, zorder=3)


def alone(points: Sequence[Point]) -> list[int]:
    """Places with an interval and none beside them."""
    known = [point.value is not None and point.high is not None for point in points]
    return [
        n
        for n, here in enumerate(known)
        if here and not any(known[max(0, n - 1) : n]) and not any(known[n + 1 : n + 2])
    ]


def _tint(colour: str) -> tuple[float, ...]:
    """A light wash of a colour, without transparency: it looks the same on every background."""
    load()
    from matplotlib.colors import to_rgb

    return tuple(0.8 + 0.2 * part for part in to_rgb(colour))


def _ends(axes: Axes, points: Sequence[Point], scale: Scale) -> None:
    """The newest number stands beside its mark, large: it is what is looked for."""
    axes.set_xlim(-0.4, max(len(points) - 1, 1) + 0.4)
    newest = points[-1] if points else None
    if newest is None or (newest.raw is None and newest.value is None):
        return
    place, value = len(points) - 1, newest.value if newest.value is not None else newest.raw
    said = scale.said(newest.value) if newest.value is not None else newest.counted
    axes.annotate(
        said, (place, value or 0), xytext=(8, 0), textcoords="offset points", va="center",
        fontsize=paper.TITLE, fontweight="bold", color=paper.BLUE, annotation_clip=False,
    )  # fmt: skip


def _values(axes: Axes, every: Sequence[Sequence[Point]], scale: Scale) -> None:
    """The axis of values from nothing to the highest interval, with few ticks, each with its unit."""
    highest = [p.high if p.high is not None else p.value if p.value is not None else p.raw for ps in every for p in ps]
    top = paper.nice_top(max((value for value in highest if value is not None), default=0), scale.unit)
    axes.set_ylim(0, top)
    ticks = [0, top / 2, top]
    axes.set_yticks(ticks, [scale.said(tick) for tick in ticks])
    paper.dress(axes)


def _above(axes: Axes, scale: Scale) -> None:
    words = paper.wrapped(scale.title, width_pt=_PLOT_PT, size=paper.SMALL, lines=2, bold=False)
    axes.set_title(words, loc="left", fontsize=paper.SMALL, color=paper.SOFT, pad=8)


def _nothing(axes: Axes) -> None:
    axes.text(
        0.5, 0.5, "Nothing old enough to count yet", transform=axes.transAxes, ha="center", va="center",
        fontsize=paper.BODY, color=paper.SOFT, bbox=paper.plate(),
    )  # fmt: skip


def _key(points: Sequence[Point], scale: Scale) -> str:
    """What the marks mean, for those that are there."""
    known = [point for point in points if point.high is not None]
    said = [SLOW if scale.unit == "minutes" else BAND if len(known) > 1 else BAR] if known else []
    return " ".join([*said, HOLLOW] if any(point.raw is not None for point in points) else said)
