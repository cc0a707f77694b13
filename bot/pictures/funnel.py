"""How many of those who entered are left after each step, and where most are lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.pictures import native, paper
from bot.pictures.points import Stage, alternative
from bot.pictures.rows import ROW_IN, Row, lay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Stage", "alt", "draw", "left", "plot", "worst"]
_FEW = 10


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
    """ "412", "354 (86 % of the step before)"; of fewer than ten no share is said."""
    said = [f"{stages[0].n:,}"] if stages else []
    for before, stage in itertools.pairwise(stages):
        kept = f" ({100 * stage.n / before.n:.0f}\u00a0% of the step before)" if before.n >= _FEW else ""
        said.append(f"{stage.n:,}{kept}")
    return said


def worst(stages: Sequence[Stage]) -> int | None:
    """The step before which most are lost, by its place; None where nobody is, or too few to say."""
    lost = [(before.n - stage.n, place) for place, (before, stage) in enumerate(itertools.pairwise(stages), 1)]
    most = max(lost, default=(0, 0))
    return most[1] if most[0] > 0 and stages[0].n >= _FEW else None


def plot(finding: str, stages: Sequence[Stage], *, unit: str = "runs") -> Figure:
    """The figure, not yet printed."""
    figure = paper.sheet(finding, height_in=0.8 + ROW_IN * (0.25 + max(1, len(stages))))
    axes = figure.add_subplot()
    bad = worst(stages)
    rows = [
        Row(stage.name, said, float(stage.n), colour=paper.ALARM if place == bad else paper.BLUE, loud=place == bad)
        for place, (stage, said) in enumerate(zip(stages, left(stages), strict=True))
    ]
    top = float(max([stage.n for stage in stages], default=0)) or 1.0
    lay(axes, rows, top=top)
    axes.set_xticks([0, top], ["0", f"{top:,.0f}"])
    paper.inward(axes)
    axes.set_xlabel(unit, fontsize=paper.SMALL, color=paper.SOFT, loc="left")
    if bad is not None:
        gone = stages[bad - 1].n - stages[bad].n
        paper.footnote(figure, f"Red: most are lost here, {gone:,} {unit}.")
    return figure
