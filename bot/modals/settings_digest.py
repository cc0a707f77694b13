"""When the weekly digest comes, and for the managers where to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import (
    View,
    begun,
    checkboxes,
    context,
    input_block,
    option,
    pick_channel,
    pick_time,
    static_select,
)
from bot.modals import settings
from bot.modals.frame import Submit, chosen, chosen_many, picked
from core.errors import Refused

CALLBACK = "settings.digest.submit"
DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip

_ON, _DAY = "settings.digest.on", "settings.digest.day"
_AT, _CHANNEL = "settings.digest.at", "settings.digest.channel"
_YES = "on"


@dataclass(frozen=True, slots=True)
class Line:
    """What the form shows. `managers`: its channel may be picked; a team's digest goes to the team's own."""

    receiver: str
    name: str
    on: bool
    day: str = "Mon"
    at: str = "07:00"
    channel: str = ""
    managers: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """`channel` is "" for a direct message to each manager."""

    receiver: str
    mark: str
    on: bool
    day: str
    at: str
    channel: str = ""


def build(line: Line, *, mark: str, zone: str, wrong: str = "") -> View:
    """The form, filled in; `zone` is the clock that counts."""
    box = checkboxes(_ON, [option("Send it each week", _YES)], chosen=[_YES] if line.on else [])
    days = static_select(_DAY, [option(name, code) for code, name in DAYS.items()], placeholder="Pick a day")
    channel = input_block(
        "Channel; empty for a direct message to each manager", _CHANNEL, element=pick_channel(_CHANNEL, initial=line.channel), optional=True
    )  # fmt: skip
    note = (
        "It shows figures by team, so pick a channel that only managers are in. Careloop has to be a member: `/invite @Careloop`."
        if line.managers
        else "It goes to the team's own channel, without figures by team or person."
    )
    blocks = [
        input_block(line.name, _ON, element=box, optional=True),
        input_block("Day", _DAY, element=begun(days, line.day)),
        input_block(f"Time ({zone})", _AT, element=pick_time(_AT, initial=line.at)),
        *([channel] if line.managers else []),
        context(note),
    ]
    return settings.form(
        "Weekly digest", blocks, about=f"{line.receiver}:{mark}", submit=Submit("Save", CALLBACK), wrong=wrong
    )


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    receiver, mark = settings.subject(view, CALLBACK)
    day, at = chosen(view, _DAY, ask="Pick a day."), picked(view, _AT, "time")
    if day not in DAYS or not at:
        raise Refused("Pick a day and a time. Nothing was saved.")
    return Submission(
        receiver, mark, _YES in chosen_many(view, _ON), day, at, picked(view, _CHANNEL, "conversation") or ""
    )
