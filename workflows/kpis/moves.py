"""How a figure moved: by how much, and whether the two are surely apart."""

from dataclasses import dataclass
from typing import Literal

from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import Figure
from workflows.kpis.verdicts import apart


@dataclass(frozen=True, slots=True)
class Change:
    """`by` in the figure's own unit; `sure`: the two intervals do not touch, as for verdicts; `way`: whether it got better."""

    by: float
    sure: bool
    way: Literal["better", "worse", ""]


def between(now: Figure, then: Figure | None) -> Change | None:
    """None where either has too few to say."""
    if then is None or now.value is None or then.value is None:
        return None
    by = now.value - then.value
    better = KPIS[now.kpi].better
    way: Literal["better", "worse", ""] = ""
    if by and better:
        way = "better" if (by > 0) == (better == "up") else "worse"
    return Change(by, apart(now, then) != 0, way)
