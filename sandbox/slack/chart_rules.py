"""Slack's own charts: what a `data_visualization` block may hold, and who takes none (its roll-out is in phases)."""

import math
from typing import Any

from sandbox.slack.shapes import Check, Report, both, items, shape, string, typed


def number(report: Report, value: Any, path: str) -> None:
    """Any finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        report.add(path, "must be a number")


def _above_nothing(report: Report, value: Any, path: str) -> None:
    number(report, value, path)
    if isinstance(value, int | float) and value <= 0:
        report.add(path, "must be more than 0")


_POINT = shape({"label": string(20), "value": number})
_AXES = shape({"categories": items(string(20), 1, 20)}, {"x_label": string(50), "y_label": string(50)})
_SERIES = shape({"name": string(20), "data": items(_POINT, 1, 20)})
_PIE = shape({"segments": items(shape({"label": string(20), "value": _above_nothing}), 1, 6)})


def _one_value_a_category(report: Report, chart: Any, path: str) -> None:
    """Every series has each category once, in their order, and a name of its own."""
    if report.errors or not isinstance(chart, dict):
        return
    categories = chart["axis_config"]["categories"]
    names = [one["name"] for one in chart["series"]]
    if len(set(names)) < len(names):
        report.add(f"{path}/series", "names must be unique")
    if len(set(categories)) < len(categories):
        report.add(f"{path}/axis_config/categories", "categories must be unique")
    for place, one in enumerate(chart["series"]):
        if [point["label"] for point in one["data"]] != categories:
            report.add(f"{path}/series/{place}/data", "labels must match the categories")


_XY: Check = both(shape({"series": items(_SERIES, 1, 6), "axis_config": _AXES}), _one_value_a_category)
CHART = typed({"pie": _PIE, "bar": _XY, "area": _XY, "line": _XY}, "chart")
DATA_VISUALIZATION = shape({"title": string(50), "chart": CHART}, {"block_id": string(255)})
MOST = 2
"""Charts in one message."""


def charts_in(blocks: list[Any]) -> int:
    return sum(isinstance(block, dict) and block.get("type") == "data_visualization" for block in blocks)


def few_charts(report: Report, blocks: list[Any], path: str) -> None:
    """At most two in a message."""
    if charts_in(blocks) > MOST:
        report.add(path, f"no more than {MOST} data_visualization blocks allowed")
