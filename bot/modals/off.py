"""I'm off until…: who gets one's cases meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import MAX_OPTIONS, View, context, input_block, option, pick_date, pick_time, static_select
from bot.modals.frame import STALE, Submit, chosen, modal, picked
from core.errors import Refused

CALLBACK = "staff.off.submit"
TEAM = "team"

_DAY, _TIME = "staff.off.day", "staff.off.time"
_FROM_DAY, _FROM_TIME = "staff.off.from_day", "staff.off.from_time"
_BACKUP = "staff.off.backup"


@dataclass(frozen=True)
class Submission:
    """Days like 2026-12-24, times like 08:00, on the clinic's clock; without a beginning it is now. `backup`: a stf_ id, or None."""

    day: str
    time: str
    from_day: str | None
    from_time: str | None
    backup: str | None


def build(colleagues: Sequence[tuple[str, str]], *, day: str, time: str, zone: str) -> View:
    """Offer (id, name) of the first 99 colleagues; `day` and `time` are filled in to begin with."""
    who = [option("My team's queue", TEAM), *(option(name, id_) for id_, name in colleagues[: MAX_OPTIONS - 1])]
    blocks = [
        input_block("Off until (day)", _DAY, element=pick_date(_DAY, initial=day)),
        input_block("Until what time?", _TIME, element=pick_time(_TIME, initial=time)),
        input_block("Who takes your cases?", _BACKUP, element=static_select(_BACKUP, who, placeholder="Pick one")),
        input_block("Off from (day)", _FROM_DAY, element=pick_date(_FROM_DAY), optional=True),
        input_block("From what time?", _FROM_TIME, element=pick_time(_FROM_TIME), optional=True),
        context(
            f"Without a beginning it is from now on. Times are {zone}. You are not called meanwhile; nothing is taken back by itself."
        ),
    ]
    return modal("I'm off", blocks, submit=Submit("Hand over", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    if view.get("callback_id") != CALLBACK:
        raise Refused(STALE)
    day, time = picked(view, _DAY, "date"), picked(view, _TIME, "time")
    if day is None or time is None:
        raise Refused("Pick the day and the time until when. Nothing was changed.")
    backup = chosen(view, _BACKUP, ask="Pick who takes your cases.")
    from_day, from_time = picked(view, _FROM_DAY, "date"), picked(view, _FROM_TIME, "time")
    return Submission(day, time, from_day, from_time, None if backup == TEAM else backup)
