"""When a team works, as people write it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, begun, checkboxes, context, input_block, input_text, option
from bot.modals import settings
from bot.modals.frame import Submit, chosen_many, typed
from core.errors import Refused

CALLBACK = "settings.hours.submit"
ALL = "all"

_DAYS, _HOLIDAYS = "settings.hours.days", "settings.hours.holidays"
_CLOSED, _ZONE = "settings.hours.closed", "settings.hours.zone"


@dataclass(frozen=True, slots=True)
class Hours:
    """As they are typed: `days` and `closed` are lines."""

    days: str
    holidays: bool = False
    closed: str = ""
    zone: str = ""


def build(code: str, name: str, hours: Hours, *, mark: str, zone: str) -> View:
    """The form, filled in; `zone` is the clinic's own."""
    box = checkboxes(
        _HOLIDAYS, [option("Closed on public holidays", "holidays")], chosen=["holidays"] if hours.holidays else []
    )
    blocks = [
        input_block(f"{name}: at work", _DAYS, element=begun(input_text(_DAYS, max_length=600), hours.days)),
        context(
            "A line for days with the same hours, such as `Mon-Fri 8:00-12:00, 13:00-17:00`. Breaks stop the clock of a case."
        ),
        input_block("Holidays", _HOLIDAYS, element=box, optional=True),
        input_block(
            "Days off besides, such as 2026-12-24",
            _CLOSED,
            element=begun(input_text(_CLOSED, max_length=2400), hours.closed),
            optional=True,
        ),
        input_block(
            f"Time zone, if it is not {zone}",
            _ZONE,
            element=begun(input_text(_ZONE, max_length=60, multiline=False), hours.zone),
            optional=True,
        ),
    ]
    return settings.form("Hours", blocks, about=f"{code}:{mark}", submit=Submit("Save", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str, Hours]:
    """(the team's code, or ALL, the mark, what was typed); Refused when it is not one of ours."""
    code, mark = settings.subject(view, CALLBACK)
    days = typed(view, _DAYS)
    if not days:
        raise Refused("Say when somebody is at work. Nothing was saved.")
    return (
        code,
        mark,
        Hours(days, bool(chosen_many(view, _HOLIDAYS)), typed(view, _CLOSED) or "", typed(view, _ZONE) or ""),
    )
