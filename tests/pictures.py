"""How a picture is measured: every word's box, size and contrast, and every mark's, on the figure before it is printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from bot.pictures import paper

NARROWEST_PX = 360.0
"""How wide Slack shows a picture at least: a thumbnail in a channel, a phone."""
LEGIBLE_PX = 9.0


@dataclass(frozen=True)
class Words:
    """A text as it stands: where (in pixels of the print), how large when shown at its narrowest, and how it stands out."""

    text: str
    box: Bbox
    shown_px: float
    contrast: float


def drawn(figure: Figure) -> list[Words]:
    """Every word that is seen."""
    paper.settle(figure)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    shrink = NARROWEST_PX / (paper.WIDTH_IN * 72)
    found = []
    for text in _texts(figure):
        box = text.get_window_extent(renderer)
        behind = _behind(figure, box)
        found.append(
            Words(text.get_text(), box, float(text.get_fontsize()) * shrink, paper.contrast(text.get_color(), behind))  # type: ignore[arg-type]
        )
    return found


def _texts(figure: Figure) -> Iterator[Text]:
    for one in figure.findobj(Text):
        axes = one.axes
        hidden = axes is not None and not axes.get_visible()
        if isinstance(one, Text) and one.get_visible() and one.get_text().strip() and not hidden and _used(one):
            yield one


def _used(text: Text) -> bool:
    """A tick's label that is switched off is kept by matplotlib, and not drawn."""
    axes = text.axes
    if axes is None:
        return True
    for axis in (axes.xaxis, axes.yaxis):
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        if any(text in (tick.label1, tick.label2) for tick in ticks):
            low, high = sorted(axis.get_view_interval())
            mine = [tick for tick in ticks if text in (tick.label1, tick.label2)]
            return any(low - 1e-9 <= tick.get_loc() <= high + 1e-9 and text.get_visible() for tick in mine)
    return True


def _behind(figure: Figure, box: Bbox) -> tuple[float, float, float]:
    """The colour under a word: of the cell in which it stands, or of the card."""
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    for axes in figure.axes:
        for patch in axes.patches:
            if isinstance(patch, Rectangle) and patch.get_window_extent().contains(*middle):
                return to_rgb(patch.get_facecolor())
    return to_rgb(paper.CARD)


def overlaps(words: list[Words]) -> list[tuple[str, str]]:
    """Pairs of texts that share ground, by more than the pixel that letters' boxes are rounded to."""
    return [
        (one.text, other.text)
        for one, other in combinations(words, 2)
        if (both := Bbox.intersection(one.box, other.box)) is not None and both.width > 1 and both.height > 1
    ]


def outside(figure: Figure, words: list[Words]) -> list[str]:
    """Texts that leave the card."""
    wide, high = figure.bbox.width, figure.bbox.height
    return [
        one.text
        for one in words
        if one.box.x0 < -0.5 or one.box.y0 < -0.5 or one.box.x1 > wide + 0.5 or one.box.y1 > high + 0.5
    ]


def faint(figure: Figure) -> list[str]:
    """Marks with less than 3 to 1 against the card. The grid and the wash inside a band's own edges only help the eye along."""
    return [f"{what}: {found:.1f}" for axes in figure.axes for what, found in _marks(axes) if found < 3]


def _marks(axes: Axes) -> Iterator[tuple[str, float]]:
    for line in axes.lines:
        if isinstance(line, Line2D) and len(line.get_xdata()):  # type: ignore[arg-type]
            yield f"line {line.get_color()}", paper.contrast(to_rgb(line.get_color()), paper.CARD)
    for patch in axes.patches:
        seen = max(
            paper.contrast(to_rgb(patch.get_facecolor()), paper.CARD),
            paper.contrast(to_rgb(patch.get_edgecolor()), paper.CARD),
        )
        yield "patch", seen
    for some in axes.collections:
        if isinstance(some, Collection) and not len(axes.lines):
            yield "collection", paper.contrast(tuple(some.get_facecolor()[0][:3]), paper.CARD)  # type: ignore[index]


def written_over(figure: Figure, words: list[Words]) -> list[str]:
    """Words that a bar covers. In a cell of a heat map its own words stand on purpose: there the whole word has to be inside."""
    bars = [patch.get_window_extent() for axes in figure.axes for patch in axes.patches if isinstance(patch, Rectangle)]
    return [
        one.text
        for one in words
        for bar in bars
        if (both := Bbox.intersection(one.box, bar)) is not None
        and min(both.width, both.height) > 1
        and not (both.width > one.box.width - 2 and both.height > one.box.height - 2)
    ]
