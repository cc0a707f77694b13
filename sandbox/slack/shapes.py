"""The small words in which Block Kit's rules are written: each returns a check that reports what is wrong and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Report:
    """Collects complaints in Slack's own form: what must be true, then the JSON pointer of the offender."""

    errors: list[str] = field(default_factory=list)

    def add(self, path: str, complaint: str) -> None:
        self.errors.append(f"{complaint} [json-pointer:{path}]")


Check = Callable[[Report, Any, str], None]


def string(longest: int, *, shortest: int = 1) -> Check:
    """Length in characters; most ids and texts may not be empty."""

    def check(report: Report, value: Any, path: str) -> None:
        if not isinstance(value, str):
            report.add(path, "must be a string")
        elif len(value) < shortest:
            report.add(path, f"must be more than {shortest - 1} characters")
        elif len(value) > longest:
            report.add(path, f"must be less than {longest + 1} characters")

    return check


def one_of(*allowed: str) -> Check:
    def check(report: Report, value: Any, path: str) -> None:
        if value not in allowed:
            report.add(path, f"must be one of {', '.join(allowed)}")

    return check


def boolean(report: Report, value: Any, path: str) -> None:
    """`true` or `false`, not their names as text."""
    if not isinstance(value, bool):
        report.add(path, "must be a boolean")


def integer(lowest: int, highest: int) -> Check:
    def check(report: Report, value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.add(path, "must be an integer")
        elif not lowest <= value <= highest:
            report.add(path, f"must be between {lowest} and {highest}")

    return check


def written(pattern: Callable[[str], object], what: str) -> Check:
    """Text in a fixed form, such as a date; `pattern` raises ValueError when it does not fit."""

    def check(report: Report, value: Any, path: str) -> None:
        try:
            pattern(value)
        except (ValueError, TypeError):
            report.add(path, f"must be {what}")

    return check


def items(check_item: Check, fewest: int, most: int) -> Check:
    def check(report: Report, value: Any, path: str) -> None:
        if not isinstance(value, list):
            report.add(path, "must be an array")
            return
        if len(value) < fewest:
            report.add(path, f"no less than {fewest} items allowed")
        if len(value) > most:
            report.add(path, f"no more than {most} items allowed")
        for index, item in enumerate(value):
            check_item(report, item, f"{path}/{index}")

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these fields; `type` is looked at by whoever chose this shape."""
    known = {**required, **(optional or {})}

    def check(report: Report, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            report.add(path, "must provide an object")
            return
        for name in required:
            if name not in value:
                report.add(path, f"missing required field: {name}")
        for name, inner in value.items():
            if name == "type":
                continue
            if name not in known:
                report.add(path, f"invalid additional property: {name}")
            else:
                known[name](report, inner, f"{path}/{name}")

    return check


def typed(shapes: Mapping[str, Check], what: str) -> Check:
    """An object whose `type` picks its shape; a type that is not listed is refused by name."""

    def check(report: Report, value: Any, path: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in shapes:
            report.add(path, f"unsupported type: {kind} is not a {what} here")
        else:
            shapes[kind](report, value, path)

    return check


def both(*checks: Check) -> Check:
    def check(report: Report, value: Any, path: str) -> None:
        for inner in checks:
            inner(report, value, path)

    return check
