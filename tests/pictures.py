"""How a picture is measured: every word's box, size and contrast, and every mark's, on the figure before it is printed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from bot.pictures import paper

NARROWEST_PX = 360.0
"""How wide Slack shows a picture at least: a thumbnail in a channel, a phone."""
LEGIBLE_PX = 9.0


@dataclass(frozen=True)
class Words:
    """A text as it stands: where (in pixels of the print), how large when shown at its narrowest, and how it stands out.

    `plate`: a plate of the card's colour is behind it.
    """

    text: str
    box: Bbox
    shown_px: float
    contrast: float
    plate: bool = False


def drawn(figure: Figure) -> list[Words]:
    """Every word that is seen."""
    paper.settle(figure)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    shrink = NARROWEST_PX / (paper.WIDTH_IN * 72)
    cells = [(patch.get_window_extent(), patch) for axes in figure.axes for patch in axes.patches]
    found = []
    for text in _texts(figure):
        box = text.get_window_extent(renderer)
        seen = paper.contrast(to_rgb(text.get_color()), _behind(box, cells))
        plate = text.get_bbox_patch() is not None
        found.append(Words(text.get_text(), box, float(text.get_fontsize()) * shrink, seen, plate))
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


def _behind(box: Bbox, cells: Sequence[tuple[Bbox, Patch]]) -> tuple[float, float, float]:
    """The colour under a word: of the cell in which it stands, or of the card."""
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    found = [to_rgb(patch.get_facecolor()) for extent, patch in cells if extent.contains(*middle)]
    return found[0] if found else to_rgb(paper.CARD)


def overlaps(words: list[Words]) -> list[tuple[str, str]]:
    """Pairs of texts that share ground, by more than the pixel that letters' boxes are rounded to."""
    placed = [(one.text, one.box.x0, one.box.y0, one.box.x1, one.box.y1) for one in words]
    return [
        (one, other)
        for (one, x0, y0, x1, y1), (other, u0, v0, u1, v1) in combinations(placed, 2)
        if min(x1, u1) - max(x0, u0) > 1 and min(y1, v1) - max(y0, v0) > 1
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


def struck(figure: Figure, words: Sequence[Words]) -> list[tuple[str, str]]:
    """Words through which a line, a mark or a band runs; behind a plate they may. The grid is too pale to disturb."""
    bare = [one for one in words if not one.plate]
    ink = [(what, path, box) for axes in figure.axes if axes.get_visible() for what, path, box in _ink(axes)]
    return [
        (one.text, what)
        for one in bare
        for what, path, box in ink
        if (path is not None and path.intersects_bbox(one.box, filled=what == "band"))
        or (box is not None and box.overlaps(one.box))
    ]


def _ink(axes: Axes) -> Iterator[tuple[str, Path | None, Bbox | None]]:
    """Lines and bands by their paths, marks by their boxes, in pixels."""
    for line in axes.lines:
        path = line.get_transform().transform_path(line.get_path())
        places = np.asarray(path.vertices, dtype=float).tolist()
        if line.get_linestyle() not in ("None", "", " ") and len(places) > 1:
            yield "line", path, None
        if line.get_marker() not in ("None", None, ""):
            half = line.get_markersize() / 2 * axes.figure.dpi / 72
            for x, y in places:
                yield "mark", None, Bbox.from_extents(x - half, y - half, x + half, y + half)
    for some in axes.collections:
        for path in some.get_paths():
            yield "band", some.get_transform().transform_path(path), None


def unseen(figure: Figure) -> list[str]:
    """Lines that are drawn over a bar on which they do not stand out: under 3 to 1, and without a rim of the card's colour."""
    found = []
    for axes in figure.axes:
        bars = [(patch.get_window_extent(), to_rgb(patch.get_facecolor())) for patch in axes.patches]
        for line in axes.lines:
            path, colour = line.get_transform().transform_path(line.get_path()), to_rgb(line.get_color())
            over = [face for bar, face in bars if path.intersects_bbox(bar, filled=False)]
            if any(paper.contrast(colour, face) < 3 for face in over) and not line.get_path_effects():
                found.append(f"{line.get_color()} on a bar")
    return found


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
    boxes = [
        patch.get_window_extent() for axes in figure.axes for patch in axes.patches if isinstance(patch, Rectangle)
    ]
    bars = [(bar.x0, bar.y0, bar.x1, bar.y1) for bar in boxes]
    found = []
    for one in words:
        x0, y0, x1, y1 = one.box.x0, one.box.y0, one.box.x1, one.box.y1
        for u0, v0, u1, v1 in bars:
            wide, high = min(x1, u1) - max(x0, u0), min(y1, v1) - max(y0, v0)
            if min(wide, high) > 1 and not (wide > x1 - x0 - 2 and high > y1 - y0 - 2):
                found.append(one.text)
    return found
