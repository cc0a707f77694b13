"""Snooze until a day and time of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.blocks import View, context, escape, input_block, time_picker
from bot.modals.frame import Submit, case_id_of, modal, picked_moment

CALLBACK = "case.snooze.submit"

_UNTIL = "case.snooze.until"


@dataclass(frozen=True)
class Submission:
    """The case, and the instant it comes back."""

    case_id: str
    until: datetime


def build(case_id: str, number: int, *, initial: datetime, zone: str) -> View:
    """Slack shows and takes the time in the zone of whoever looks at it."""
    field = input_block("Until when?", _UNTIL, element=time_picker(_UNTIL, initial=initial.astimezone(UTC)))
    note = context(f"It comes back by itself, and you are told. Clinic time is {escape(zone)}.")
    return modal(f"Snooze case {number}", [field, note], case_id=case_id, submit=Submit("Snooze", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    return Submission(case_id_of(view, CALLBACK), picked_moment(view, _UNTIL, ask="Pick a day and a time."))
