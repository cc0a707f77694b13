"""Before and after: the baseline and each phase since, with intervals that show whether the difference may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.pictures import paper
from bot.pictures.points import Point, Scale, alternative, in_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PLOT_PT = 285.0


def draw(finding: str, phases: Sequence[Point], scale: Scale, *, method: str = "") -> paper.Picture:
    """The picture; the first phase is what the others are held against, `method` says how it was found where it is the baseline."""
    figure = plot(finding, phases, scale, method=method)
    return paper.printed(figure, finding=finding, alt=alt(finding, phases, scale, method=method))


def alt(finding: str, phases: Sequence[Point], scale: Scale, *, method: str = "") -> str:
    """Each phase in order."""
    how = [f"Baseline: {method}"] if method else []
    return alternative(finding, [scale.title, *(in_words(point, scale) for point in phases), *how])


def plot(finding: str, phases: Sequence[Point], scale: Scale, *, method: str = "") -> Figure:
    """The figure, not yet printed."""
    figure = paper.sheet(finding, height_in=2.75)
    axes = figure.add_subplot()
    ends = [value for p in phases for value in (p.high, p.value, p.raw) if value is not None]
    top = paper.nice_top(max(ends, default=0), scale.unit)
    for place, point in enumerate(phases):
        colour = paper.REST if place == 0 else paper.BLUE
        if point.low is not None and point.high is not None:
            axes.plot(
                [place, place], [point.low, point.high], color=colour, linewidth=7, solid_capstyle="butt", alpha=1
            )
        here = point.value if point.value is not None else point.raw
        if here is None:
            continue
        face = paper.CARD
        axes.plot([place], [here], "o", color=colour, markerfacecolor=face, markersize=7, markeredgewidth=2.2, zorder=3)
        said = scale.said(here) if point.value is not None else point.counted
        axes.annotate(
            said, (place, here), xytext=(9, 0), textcoords="offset points", va="center", fontsize=paper.BODY,
            fontweight="bold", color=paper.INK if place == 0 else paper.BLUE, bbox=paper.plate(),
        )  # fmt: skip
    before = phases[0].value if phases else None
    if before is not None:
        axes.axhline(before, color=paper.REST, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    axes.set_xlim(-0.35, max(len(phases) - 1, 1) + 0.75)
    axes.set_ylim(0, top)
    axes.set_yticks([0, top / 2, top], [scale.said(tick) for tick in (0, top / 2, top)])
    each = _PLOT_PT / max(1, len(phases)) - 6
    names = [paper.wrapped(p.label, width_pt=each, size=paper.SMALL, lines=2, bold=False) for p in phases]
    axes.set_xticks(range(len(phases)), [f"{name}\nn {point.n:,}" for name, point in zip(names, phases, strict=True)])
    paper.dress(axes)
    words = paper.wrapped(scale.title, width_pt=_PLOT_PT, size=paper.SMALL, lines=2, bold=False)
    axes.set_title(words, loc="left", fontsize=paper.SMALL, color=paper.SOFT, pad=8)
    bars = f"Bars: 95 % interval. Dashed: {phases[0].label.lower()}." if before is not None else "Bars: 95 % interval."
    paper.footnote(figure, bars, f"Baseline: {method}" if method else "")
    return figure
