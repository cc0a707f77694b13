"""Close a case: always with a disposition, so that no case ends without an outcome (S45, S46)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import MAX_RADIO_OPTIONS, View, context, input_block, input_text, option, radio, static_select
from bot.modals.frame import Submit, case_id_of, chosen, modal, typed

CALLBACK = "case.close.submit"

PICK = "Pick how it ended"

_DISPOSITION = "case.close.disposition"
_NOTE = "case.close.note"


@dataclass(frozen=True, repr=False)
class Submission:
    """How it ended, in code, and what the person noted. Has no repr: a note is patient data."""

    case_id: str
    disposition: str
    note: str | None


def build(case_id: str, number: int, *, dispositions: Sequence[tuple[str, str]], note_allowed: bool) -> View:
    """Ask for one of `dispositions` (code, label); a note only where Slack may see patient data (docs/architecture.md §4)."""
    options = [option(label, code) for code, label in dispositions]
    few = len(options) <= MAX_RADIO_OPTIONS  # seen at once, and one press less
    ending = radio(_DISPOSITION, options) if few else static_select(_DISPOSITION, options, placeholder=PICK)
    blocks = [input_block("How did it end?", _DISPOSITION, element=ending)]
    if note_allowed:
        blocks.append(input_block("Note for the record", _NOTE, element=input_text(_NOTE), optional=True))
    else:
        blocks.append(context("Notes are written on the signed-in case page: press Open on the card."))
    return modal(f"Close case {number}", blocks, case_id=case_id, submit=Submit("Close case", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form (`view` of Slack's view_submission); Refused with a sentence when it is not one of ours.

    The code is not checked against the kind's dispositions here: the service knows them.
    """
    return Submission(
        case_id_of(view, CALLBACK), chosen(view, _DISPOSITION, ask="Pick how it ended."), typed(view, _NOTE)
    )
