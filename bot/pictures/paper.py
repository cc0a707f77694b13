"""The card that every picture is drawn on: light, with an edge, so that it reads the same in Slack's light and dark mode.

Sizes are chosen for the narrowest place: Slack shows a picture 360 points wide on a phone, and nothing on it may be smaller than
nine of these. No pyplot, no settings of the process: a figure is made, printed and forgotten.
"""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING

from bot.blocks import Block
from bot.pictures.loading import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, DPI = 4.8, 250
NAME_TAIL = 7
"""Letters of a name's end that are kept when it is cut."""
SMALL, BODY, TITLE = 9.0, 10.0, 12.5  # points on a card of 345: on 360 of a phone 9.4, 10.4 and 13
CARD, INK, SOFT, EDGE, GRID = "#fcfcfb", "#1d1c1d", "#55595e", "#868686", "#e4e4e2"
BLUE, ALARM, FAINT = "#1264a3", "#b3261e", "#d3e3f1"
COLOURS = (BLUE, "#b45309", "#2b7a4b", "#b0307a", "#6b3fa0", "#0e7c86", ALARM)
REST = "#5f6368"
"""What is added up as "Other"."""
_MARGIN_PT = 9.0
_TITLE_LINES = 3
_FONT = "DejaVu Sans"
_SPACES = re.compile(r"[^\S\u00a0]+")
ONE_AT_A_TIME = threading.Lock()
_PRINTED = count(1)
_COLLECTED_EVERY = 50
"""What is left of a figure is a knot of rings, some 70 KB; each collection costs as much as the process is large."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, and the same for who cannot see it; `native`: Slack's own chart of it with its words, where there can be one."""

    title: str
    alt: str
    png: bytes = field(repr=False)
    native: tuple[Block, ...] = ()


def sheet(finding: str, *, height_in: float) -> Figure:
    """An empty card with the finding as its title, as many lines as it needs, three at most; the height is without the title."""
    load()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    title = wrapped(finding, width_pt=_room(), size=TITLE, lines=_TITLE_LINES)
    height = height_in + (title.count("\n") + 1) * TITLE * 1.35 / 72
    margin = _MARGIN_PT / 72
    layout = ConstrainedLayoutEngine(w_pad=margin, h_pad=margin, wspace=0.04, hspace=0.04)
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor=CARD, edgecolor=EDGE, linewidth=1.5, layout=layout)
    FigureCanvasAgg(figure)
    left = margin / WIDTH_IN
    figure.suptitle(title, x=left, ha="left", fontsize=TITLE, fontweight="bold", color=INK, linespacing=1.2)
    return figure


def footnote(figure: Figure, *notes: str) -> None:
    """What has to be known to read it, at the foot: small, and the card grows by it."""
    said = [wrapped(note, width_pt=_room(), size=SMALL, lines=3, bold=False) for note in notes if note]
    if said:
        lines = sum(note.count("\n") + 1 for note in said)
        figure.set_size_inches(WIDTH_IN, figure.get_figheight() + lines * SMALL * 1.45 / 72)
        left = _MARGIN_PT / 72 / WIDTH_IN
        figure.supxlabel("\n".join(said), x=left, ha="left", fontsize=SMALL, color=SOFT, linespacing=1.25)


def dress(axes: Axes, *, grid: str = "y") -> None:
    """Quiet axes: a grid to read values by, no frame."""
    if grid:
        axes.grid(axis="y" if grid == "y" else "x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_facecolor(CARD)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(EDGE)
    axes.tick_params(labelsize=SMALL, labelcolor=SOFT, color=EDGE, length=0)


def plate() -> dict[str, object]:
    """Behind words that a line may cross: the card's own colour."""
    return {"facecolor": CARD, "edgecolor": "none", "pad": 1.5}


def inward(axes: Axes) -> None:
    """The first and the last label below the axis stand inside of it, so that none leaves the card."""
    labels = axes.get_xticklabels()
    if len(labels) > 1:
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")


def printed(figure: Figure, *, finding: str, alt: str, native: Sequence[Block] | None = None) -> Picture:
    """The figure as a PNG; it is spent afterwards, and holds no pixels. One at a time: matplotlib knows no threads."""
    load()
    from matplotlib.backend_bases import FigureCanvasBase

    out = BytesIO()
    with ONE_AT_A_TIME:
        settle(figure)
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
        figure.clear()
        FigureCanvasBase(figure)  # in the place of the canvas with megabytes of pixels, which is nobody's then
        if next(_PRINTED) % _COLLECTED_EVERY == 0:
            gc.collect()
    return Picture(finding, alt, out.getvalue(), tuple(native or ()))


def settle(figure: Figure) -> None:
    """Every word as it is written: a $ begins no formula."""
    load()
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)


def wrapped(text: str, *, width_pt: float, size: float, lines: int, bold: bool = True) -> str:
    """The words in lines that fit; what does not go into the last one is cut with …"""
    words, done = drawable(text).split(" "), [""]
    for place, word in enumerate(words):
        longer = f"{done[-1]} {word}".strip()
        if not done[-1] or width(longer, size=size, bold=bold) <= width_pt:
            done[-1] = longer
        elif len(done) < lines:
            done.append(word)
        else:
            done[-1] = clipped(" ".join([done[-1], *words[place:]]), width_pt=width_pt, size=size, bold=bold)
            break
    return "\n".join(clipped(line, width_pt=width_pt, size=size, bold=bold) for line in done)


def clipped(text: str, *, width_pt: float, size: float, bold: bool = False, tail: int = 0) -> str:
    """As much of a text as fits, and … for the rest; a name keeps its last letters (`tail`), by which neighbours are told apart."""
    text = drawable(text)
    if width(text, size=size, bold=bold) <= width_pt:
        return text
    end = "…" + text[len(text) - tail :].lstrip()
    low, high = 0, len(text) - tail
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + end, size=size, bold=bold) <= width_pt:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + end


def drawable(text: str) -> str:
    """One line of what the font has; a letter that it has not becomes a box, as everywhere. What no space may part ("36 %") stays so."""
    known = _letters()
    return "".join(letter if ord(letter) in known else "□" for letter in _SPACES.sub(" ", text).strip())


@lru_cache(maxsize=2048)
def width(text: str, *, size: float, bold: bool = False) -> float:
    """How wide a line is drawn, in points. Kept: the same words are measured for every line that they may end."""
    load()
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    weight = "bold" if bold else "normal"
    with ONE_AT_A_TIME:
        found = text_to_path.get_text_width_height_descent(
            text, FontProperties(family=_FONT, weight=weight, size=size), ismath=False
        )
    return float(found[0])


@cache
def _letters() -> frozenset[int]:
    load()
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=_FONT))).get_charmap())


def _room() -> float:
    return WIDTH_IN * 72 - 2 * _MARGIN_PT


def luminance(colour: str | tuple[float, float, float]) -> float:
    """How light a colour is, 0 to 1, as WCAG 2 counts it."""
    load()
    from matplotlib.colors import to_rgb

    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str | tuple[float, float, float], other: str | tuple[float, float, float]) -> float:
    """From 1 (the same) to 21: 4.5 for words, 3 for marks."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def thinned(count: int, *, room: float, each: float) -> list[int]:
    """Which of so many places get a label so that none touch, the last one always."""
    step = max(1, -(-int(count * each) // max(1, int(room))))
    return list(range(count - 1, -1, -step))[::-1]


def nice_top(highest: float, unit: str) -> float:
    """Where an axis ends: the next round number, and 100 % at most."""
    if highest <= 0:
        return 0.1 if unit == "%" else 1.0
    if unit == "%":
        return next((top for top in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if highest <= top), 1.0)
    power = 1.0
    while power * 10 <= highest:
        power *= 10
    while power > highest:
        power /= 10
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if highest <= step * power)


def colours(count: int, *, rest: bool) -> Sequence[str]:
    """One each; what is added up as the rest is grey."""
    mine = [COLOURS[place % len(COLOURS)] for place in range(count)]
    return [*mine[:-1], REST] if rest and mine else mine
