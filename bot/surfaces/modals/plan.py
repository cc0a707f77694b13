"""A day's texts before it comes."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import plan as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Counts by hour, program and site."""
    rows = [form.Line(f"program:{number}:site", worst.LONG, 99_999, {"cap.week": 99_999}) for number in range(300)]
    day = worst.NOW.date()
    return {
        "full": form.build(day, rows, halts=[worst.REASON] * 5, taken="As of Tue Dec 1, 3:05 pm."),
        "empty": form.build(day, [], halts=[], taken="As of now."),
    }
