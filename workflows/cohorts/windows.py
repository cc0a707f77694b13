"""A program's time window as a cohort's rule: so long after a dated record, with no such record since (S12)."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.errors import Misconfigured
from workflows.programs import source
from workflows.programs.model import Program, Window

_RECORDS = Path(__file__).parents[1] / "dated_records.yaml"
_BOOKED = {"resource": "Appointment", "status": ["booked", "pending", "arrived", "checked-in"], "ahead": "P1Y"}
_SEEN = {"resource": "Appointment", "status": ["fulfilled", "arrived", "checked-in"]}


def code_of(program: str) -> str:
    """What the cohort of a program's window is called."""
    return f"window_{program}"[:41]


def rule(program: Program, window: Window) -> str:
    """The YAML of that cohort. Raises Misconfigured for a record or an event that a window cannot go by."""
    record = _records().get(window.after)
    if record is None:
        known = ", ".join(sorted(_records()))
        raise Misconfigured(f"'{program.program}' counts from '{window.after}'", fix=f"Use one of {known}.")
    span = span_of(window)
    since = {"name": "since_then", **record, "within": span}
    exclude: list[dict[str, Any]] = [since]
    if window.unless == "appointment.booked":
        exclude.append({"name": "visit_booked", **_BOOKED})
    elif window.unless == "appointment.fulfilled":
        exclude.append({"name": "seen_since", **_SEEN, "within": span})
    elif window.unless is not None:
        raise Misconfigured(
            f"'{program.program}' does not start after {window.unless}",
            fix="Use appointment.booked or appointment.fulfilled.",
        )
    written = {
        "cohort": code_of(program.program),
        "title": f"Due: {program.title}"[:80],
        "why": f"{span} after the last {window.after}, and none since.",
        "program": program.program,
        "require": [{"name": "last", **record, "older_than": span}],
        "exclude": exclude,
    }
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True)


def span_of(window: Window) -> str:
    """Its length, P11M or P90D."""
    return f"P{window.months}M" if window.months else f"P{window.days}D"


@lru_cache(maxsize=1)
def _records() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = source.read(_RECORDS.read_text("utf-8"))
    return found
