"""How many of those who entered are left after each step, and where most are lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.pictures import native, paper
from bot.pictures.points import SHOWN, Stage, alternative
from bot.pictures.rows import ROW_IN, Row, lay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Stage", "alt", "draw", "left", "plot", "shown", "worst"]
_FEW = 10
_SKIPPED = " (some without the step before)"
_NOT_ALL = "{shown} of {all} steps: the first, the last, and those before which most are lost."


def draw(finding: str, stages: Sequence[Stage], *, unit: str = "runs") -> paper.Picture:
    """The picture of a funnel; `unit` is what is counted."""
    figure, native_ = plot(finding, stages, unit=unit), native.funnel(finding, stages, unit=unit)
    return paper.printed(figure, finding=finding, alt=alt(finding, stages, unit=unit), native=native_)


def alt(finding: str, stages: Sequence[Stage], *, unit: str) -> str:
    """The steps in order, each with what is left."""
    return alternative(
        finding, [f"{stage.name}: {said} {unit}" for stage, said in zip(stages, left(stages), strict=True)]
    )


def left(stages: Sequence[Stage]) -> list[str]:
    """ "412", "354 (86 % of the step before)"; of fewer than ten no share is said, nor of a step that can be skipped."""
    said = [f"{stages[0].n:,}"] if stages else []
    for before, stage in itertools.pairwise(stages):
        kept = f" ({100 * stage.n / before.n:.0f}\u00a0% of the step before)" if before.n >= _FEW else ""
        said.append(f"{stage.n:,}{_SKIPPED if stage.n > before.n else kept}")
    return said


def shown(stages: Sequence[Stage]) -> list[int]:
    """The places of at most eight steps: of more, the first, the last, and those before which most are lost."""
    places = list(range(len(stages)))
    if len(places) <= SHOWN:
        return places
    between = sorted(places[1:-1], key=lambda place: (stages[place].n - stages[place - 1].n, place))
    return sorted([places[0], *between[: SHOWN - 2], places[-1]])


def worst(stages: Sequence[Stage]) -> int | None:
    """The step before which most are lost, by its place; None where nobody is, or too few to say."""
    lost = [(before.n - stage.n, place) for place, (before, stage) in enumerate(itertools.pairwise(stages), 1)]
    most = max(lost, default=(0, 0))
    return most[1] if most[0] > 0 and stages[0].n >= _FEW else None


def plot(finding: str, stages: Sequence[Stage], *, unit: str = "runs") -> Figure:
    """The figure, not yet printed."""
    places, said, bad = shown(stages), left(stages), worst(stages)
    figure = paper.sheet(finding, height_in=0.8 + ROW_IN * (0.25 + max(1, len(places))))
    axes = figure.add_subplot()
    rows = [
        Row(stages[n].name, said[n], float(stages[n].n), colour=paper.ALARM if n == bad else paper.BLUE, loud=n == bad)
        for n in places
    ]
    top = float(max([stage.n for stage in stages], default=0)) or 1.0
    lay(axes, rows, top=top)
    axes.set_xticks([0, top], ["0", f"{top:,.0f}"])
    paper.inward(axes)
    axes.set_xlabel(unit, fontsize=paper.SMALL, color=paper.SOFT, loc="left")
    gone = f"Red: most are lost here, {stages[bad - 1].n - stages[bad].n:,} {unit}." if bad is not None else ""
    few = _NOT_ALL.format(shown=len(places), all=len(stages)) if len(places) < len(stages) else ""
    paper.footnote(figure, gone, few)
    return figure
