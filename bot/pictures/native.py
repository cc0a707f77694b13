"""Slack's own charts (block `data_visualization`), for workspaces that take them: they say the same in fewer words, and can be searched.

They know no intervals and no hollow marks. So the interval stands in words below, and what has too few behind it is no native chart:
these give None then, and the picture is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks import Block, clip, context, escape
from bot.pictures.points import Point, Scale, Series, Stage, in_words

TITLE, LABEL, CATEGORIES, SERIES = 50, 20, 20, 6
"""What Slack takes at most: characters of a title and of a label, places of the axis, series (its pages say 6, others 12)."""
_SAID = 2000


def line(finding: str, series: Sequence[Series], scale: Scale, *, by: str = "week beginning") -> list[Block] | None:
    """One line by week: the newest twenty, each with its number and interval in words below."""
    if len(series) != 1:
        return None
    points = series[0].points[-CATEGORIES:]
    return _chart("line", finding, points, scale, across=(series[0].name, by))


def bars(finding: str, groups: Sequence[Point], scale: Scale) -> list[Block] | None:
    """A bar a group."""
    return _chart("bar", finding, groups, scale, across=(scale.what, "group"))


def funnel(finding: str, stages: Sequence[Stage], *, unit: str = "runs") -> list[Block] | None:
    """A bar a step."""
    steps = [Point(stage.name, stage.n, stage.n, float(stage.n)) for stage in stages]
    return _chart("bar", finding, steps, Scale(unit.capitalize(), unit="per 1,000"), across=(unit, "step"), counts=True)


def _chart(
    kind: str, finding: str, points: Sequence[Point], scale: Scale, *, across: tuple[str, str], counts: bool = False
) -> list[Block] | None:
    """None unless each place has a number, and the places are told apart by what Slack shows of their names."""
    labels = [clip(point.label, LABEL) for point in points]
    if not 2 <= len(points) <= CATEGORIES or len(set(labels)) < len(labels) or any(p.value is None for p in points):
        return None
    name, by = across
    factor, unit = (100, "%") if scale.unit == "%" and not counts else (1, name if counts else scale.unit)
    data = [
        {"label": label, "value": round(factor * (point.value or 0), 1)}
        for label, point in zip(labels, points, strict=True)
    ]
    block = {
        "type": "data_visualization",
        "title": clip(finding, TITLE),
        "chart": {
            "type": kind,
            "series": [{"name": clip(name, LABEL), "data": data}],
            "axis_config": {"categories": labels, "x_label": clip(by, LABEL), "y_label": clip(unit, LABEL)},
        },
    }
    words = [f"{p.label}: {p.n:,}" if counts else in_words(p, scale) for p in points]
    return [
        block,
        context(clip(escape(f"{finding}. {'; '.join(reversed(words) if kind == 'line' else words)}."), _SAID)),
    ]
