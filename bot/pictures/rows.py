"""A list of rows: its name and its number in words, and below them a bar. Names of any length, and nothing can overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.pictures import paper
from bot.pictures.loading import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_IN = 0.46
_PLOT_PT = 325.0
_BAR = 0.26  # how thick a bar is, of a row
_AIR_PT = 3.5  # between a bar and the words above it


@dataclass(frozen=True, slots=True)
class Row:
    """`length` None: no bar, but a hollow mark at `hollow`, if that is known. `low` to `high`: the interval, as a whisker."""

    name: str
    said: str
    length: float | None
    low: float | None = None
    high: float | None = None
    hollow: float | None = None
    colour: str = paper.BLUE
    loud: bool = False


def lay(axes: Axes, rows: Sequence[Row], *, top: float) -> None:
    """Draw the rows from above; `top` is the value at the right edge."""
    axes.set_xlim(0, top)
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.set_yticks([])
    for place, row in enumerate(rows):
        _words(axes, row, place, top=top)
        if row.length is not None:
            axes.barh(place, row.length, height=_BAR, color=row.colour)
        elif row.hollow is not None:
            axes.plot(
                [row.hollow], [place], "o", color=row.colour, markerfacecolor=paper.CARD, markersize=6, clip_on=False
            )
        if row.low is not None and row.high is not None:
            _whisker(axes, row.low, row.high, place)
    paper.dress(axes, grid="x")


def _whisker(axes: Axes, low: float, high: float, place: int) -> None:
    """The interval: black, with a rim of the card's colour, since black on a dark bar is not seen."""
    load()
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=3.6, foreground=paper.CARD)]
    axes.plot(
        [low, high], [place, place], marker="|", color=paper.INK, linewidth=1.4, markersize=6, solid_capstyle="butt",
        path_effects=rim, clip_on=False,
    )  # fmt: skip


def _words(axes: Axes, row: Row, place: int, *, top: float) -> None:
    """The number is never cut; the name gives way to it."""
    weight, colour = ("bold", paper.ALARM) if row.loud else ("normal", paper.INK)
    taken = paper.width(row.said, size=paper.SMALL, bold=row.loud) + 8
    name = paper.clipped(row.name, width_pt=_PLOT_PT - taken, size=paper.SMALL, tail=paper.NAME_TAIL)
    for words, at, side, hue, bold in (
        (name, 0.0, "left", paper.INK, "normal"),
        (row.said, top, "right", colour, weight),
    ):
        axes.annotate(
            words, (at, place - _BAR / 2), xytext=(0, _AIR_PT), textcoords="offset points", ha=side, va="baseline",
            fontsize=paper.SMALL, color=hue, fontweight=bold, annotation_clip=False,
        )  # fmt: skip
