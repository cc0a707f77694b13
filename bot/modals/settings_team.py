"""A team's name and channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, begun, checkboxes, context, input_block, input_text, option, pick_channel
from bot.modals import settings
from bot.modals.frame import Submit, chosen_many, picked, typed
from core.errors import Refused

CALLBACK = "settings.team.submit"
NEW = "new"

_NAME, _CHANNEL, _CLINICAL = "settings.team.name", "settings.team.channel", "settings.team.clinical"
_YES = "clinical"


@dataclass(frozen=True, slots=True)
class Team:
    """What the form shows; `fixed` for the three that cases go to by themselves: whether they are clinical is not a choice."""

    code: str
    name: str
    channel: str = ""
    clinical: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """`code` is NEW for a team that has none yet."""

    code: str
    mark: str
    name: str
    channel: str
    clinical: bool


def build(team: Team, *, mark: str, wrong: str = "") -> View:
    """The form, filled in."""
    boxes = checkboxes(
        _CLINICAL, [option("Clinical: its cases are a clinician's", _YES)], chosen=[_YES] if team.clinical else []
    )
    blocks = [
        input_block("Name", _NAME, element=begun(input_text(_NAME, max_length=60, multiline=False), team.name)),
        input_block("Channel", _CHANNEL, element=pick_channel(_CHANNEL, initial=team.channel)),
        *([] if team.fixed else [input_block("Kind", _CLINICAL, element=boxes, optional=True)]),
        context(
            "Its cases stand there as cards. The channel has to be private and yours alone, and Careloop a member of it: type "
            "`/invite @Careloop` in it before you save. Open cards move along."
        ),
    ]
    return settings.form("Team", blocks, about=f"{team.code}:{mark}", submit=Submit("Save", CALLBACK), wrong=wrong)


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    code, mark = settings.subject(view, CALLBACK)
    name, channel = typed(view, _NAME), picked(view, _CHANNEL, "conversation")
    if not name or not channel:
        raise Refused("Give the team a name and pick its channel. Nothing was saved.")
    return Submission(code, mark, name[:60], channel, _YES in chosen_many(view, _CLINICAL))
