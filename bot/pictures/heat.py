"""When it happens: weekday by hour. Every cell says its number, so that the colour only repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.pictures import paper
from bot.pictures.loading import load
from bot.pictures.points import alternative

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_COLUMNS = 12
"""More do not fit with their numbers: then two hours are one column."""
_FEW = 10
_TOP = 5  # cells named in the text for who cannot see


@dataclass(frozen=True, slots=True)
class Cell:
    """So many in this hour; with `n`, of so many (visits due), and then a share is shown."""

    hits: int
    n: int | None = None


Hours = Mapping[tuple[int, int], Cell]
"""(weekday from Monday 0, hour 0 to 23, both local) → what was there."""


def draw(finding: str, hours: Hours, *, what: str) -> paper.Picture:
    """The picture; `what` is counted: "replies", or with shares "% of visits due: no-shows"."""
    return paper.printed(plot(finding, hours, what=what), finding=finding, alt=alt(finding, hours, what=what))


def alt(finding: str, hours: Hours, *, what: str) -> str:
    """The highest cells."""
    starts, each = columns(hours)
    cells = binned(hours, starts, each)
    rated = [(value, place) for place, cell in cells.items() if (value := worth(cell)) is not None and value > 0]
    said = [
        f"{DAYS[day]} {hour_said(start)} to {hour_said((start + each) % 24)}: {in_cell(cells[day, start])}"
        for _, (day, start) in sorted(rated, key=lambda one: (-one[0], one[1]))[:_TOP]
    ]
    return alternative(
        finding, [f"By weekday and hour: {what}", *(["Highest first", *said] if said else ["Nothing yet"])]
    )


def columns(hours: Hours) -> tuple[list[int], int]:
    """The hours with which the columns begin, and how many each holds."""
    seen = [hour for _, hour in hours] or [8, 17]
    first, last = min(seen), max(seen)
    each = 1 if last - first < _COLUMNS else 2
    first -= first % each
    return list(range(first, last + 1, each)), each


def binned(hours: Hours, starts: list[int], each: int) -> dict[tuple[int, int], Cell]:
    """Cells by (weekday, start of the column), hours added up."""
    found: dict[tuple[int, int], Cell] = {}
    for day in range(len(DAYS)):
        for start in starts:
            mine = [cell for hour in range(start, start + each) if (cell := hours.get((day, hour))) is not None]
            if mine:
                counted = [cell.n for cell in mine if cell.n is not None]
                found[day, start] = Cell(sum(cell.hits for cell in mine), sum(counted) if counted else None)
    return found


def worth(cell: Cell) -> float | None:
    """How dark a cell is: its count, or its share; None where too few were there for one."""
    if cell.n is None:
        return float(cell.hits)
    return cell.hits / cell.n if cell.n >= _FEW else None


def in_cell(cell: Cell) -> str:
    """What stands in it."""
    if cell.n is None:
        return _short(cell.hits)
    if cell.n == 0:
        return ""
    return f"{100 * cell.hits / cell.n:.0f}%" if cell.n >= _FEW else f"{cell.hits}/{cell.n}"


def _short(count: int) -> str:
    """No more than four letters, the room of a cell: "999", "1.2k", "120k", "1.2M"."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}" if count < 9.95 * size else f"{count / size:.0f}{letter}"
    return str(count)


def hour_said(hour: int) -> str:
    """ "8a", "12p"."""
    return f"{(hour - 1) % 12 + 1}{'a' if hour < 12 else 'p'}"


def plot(finding: str, hours: Hours, *, what: str) -> Figure:
    """The figure, not yet printed."""
    load()
    from matplotlib.patches import Rectangle

    figure = paper.sheet(finding, height_in=2.8)
    axes = figure.add_subplot()
    starts, each = columns(hours)
    cells = binned(hours, starts, each)
    most = max((value for cell in cells.values() if (value := worth(cell)) is not None), default=0.0)
    for (day, start), cell in cells.items():
        place, value = starts.index(start), worth(cell)
        face = shade((value / most) if value is not None and most else 0.0)
        few = value is None
        axes.add_patch(
            Rectangle((place - 0.47, day - 0.46), 0.94, 0.92, facecolor=paper.CARD if few else face,
                      edgecolor=paper.EDGE, linewidth=0.6, linestyle=":" if few else "-")
        )  # fmt: skip
        ink = paper.SOFT if few else on(face)
        axes.text(place, day, in_cell(cell), ha="center", va="center", fontsize=paper.SMALL, color=ink)
    axes.set_xlim(-0.55, len(starts) - 0.45)
    axes.set_ylim(len(DAYS) - 0.5, -0.5)
    axes.set_yticks(range(len(DAYS)), DAYS)
    shown = range(0, len(starts), 1 if len(starts) <= _COLUMNS else 2)
    axes.set_xticks([place - 0.5 for place in shown], [hour_said(starts[place]) for place in shown])
    paper.dress(axes, grid="")
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel(f"hour of the day, local ({each} h a column)", fontsize=paper.SMALL, color=paper.SOFT, loc="left")
    few = any(worth(cell) is None and cell.n for cell in cells.values())
    paper.footnote(figure, f"In each cell: {what}.", "Dotted: fewer than 10, counted, no rate." if few else "")
    return figure


def on(face: tuple[float, float, float]) -> str:
    """Black or white, whichever reads better on a cell: one of them always has 4.5 to 1."""
    return "#000000" if paper.luminance(face) > 0.18 else "#ffffff"


def shade(part: float) -> tuple[float, float, float]:
    """From the card to deep blue."""
    load()
    from matplotlib.colors import to_rgb

    light, deep = to_rgb(paper.CARD), to_rgb("#0b3f6b")
    return tuple(a + (b - a) * part for a, b in zip(light, deep, strict=True))  # type: ignore[return-value]
