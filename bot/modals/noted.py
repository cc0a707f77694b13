"""Make a case of a message: which team, and by when. The message's words are not on the form."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks import MAX_OPTIONS, View, context, input_block, option, static_select
from bot.modals.frame import Submit, chosen, modal, subject_of

CALLBACK = "message.case.submit"
_TEAM, _DUE = "message.case.team", "message.case.due"


def build(noted: str, *, teams: Sequence[tuple[str, str]], dues: Mapping[str, str]) -> View:
    """Teams as (id, name), the first of them picked; `dues` as {code: words}, the first picked."""
    offered = [option(name, team) for team, name in teams[:MAX_OPTIONS]]
    when = [option(words, code) for code, words in dues.items()]
    team = static_select(_TEAM, offered, placeholder="Pick a team") | {"initial_option": offered[0]}
    due = static_select(_DUE, when, placeholder="Pick a time") | {"initial_option": when[0]}
    blocks = [
        input_block("Team", _TEAM, element=team),
        input_block("Due", _DUE, element=due),
        context("The message becomes the case's note, for the signed-in page alone. It is not posted again."),
    ]
    return modal("Make a case", blocks, case_id=noted, submit=Submit("Make a case", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """(kept message, team, due); Refused with a sentence when it is not ours."""
    return (
        subject_of(view, CALLBACK),
        chosen(view, _TEAM, ask="Pick a team."),
        chosen(view, _DUE, ask="Pick when it is due."),
    )
