"""Ask for an approval: what for, from a list. Nothing is typed, so nothing of the patient gets to Slack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, context, input_block, option, radio
from bot.modals.frame import Submit, case_id_of, chosen, modal

CALLBACK = "approval.ask.submit"

_WHAT = "approval.what"


@dataclass(frozen=True)
class Submission:
    """What is asked for, in code."""

    case_id: str
    what: str


def build(case_id: str, number: int, *, choices: Mapping[str, str]) -> View:
    """Offer what can be asked for."""
    offered = [option(f"{words[:1].upper()}{words[1:]}", code) for code, words in choices.items()]
    blocks = [
        input_block("What do you want approved?", _WHAT, element=radio(_WHAT, offered)),
        context("A manager or clinician of your team answers on a card; you are told here."),
    ]
    return modal(f"Approval, case {number}", blocks, case_id=case_id, submit=Submit("Ask", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    return Submission(case_id_of(view, CALLBACK), chosen(view, _WHAT, ask="Pick what you want approved."))
