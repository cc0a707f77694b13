"""Record a consent that staff were told of: all six facts, or it does not count (T7). The number is the case's; nobody types one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, context, input_block, input_text, option, radio
from bot.modals.frame import Submit, case_id_of, chosen, modal, typed
from core.errors import Refused

CALLBACK = "consent.record.submit"
WHO = {"patient": "The patient", "guardian": "The patient's guardian", "proxy": "A proxy on file"}
HOW = {"verbal": "Said it, by phone or in person", "paper": "Signed on paper", "intake form": "On the intake form"}
SCOPE = {"care texts": "Texts about care", "marketing texts": "Texts that offer or sell something (in writing only)"}

_WHO, _HOW, _SCOPE, _WORDING = "consent.who", "consent.how", "consent.scope", "consent.wording"


@dataclass(frozen=True)
class Submission:
    """Who agreed, how, to what, and which wording they were given; in codes and a reference."""

    case_id: str
    who: str
    how: str
    scope: str
    wording: str


def build(case_id: str, number: int) -> View:
    """Ask for what only the person knows; when and which number are known."""
    blocks = [
        context("For the number behind this case, as of now. Write no patient names."),
        input_block("Who agreed?", _WHO, element=radio(_WHO, _options(WHO))),
        input_block("How?", _HOW, element=radio(_HOW, _options(HOW))),
        input_block("To what?", _SCOPE, element=radio(_SCOPE, _options(SCOPE))),
        input_block(
            "Which wording (form or script)?", _WORDING, element=input_text(_WORDING, max_length=80, multiline=False)
        ),
    ]
    return modal(f"Consent, case {number}", blocks, case_id=case_id, submit=Submit("Record it", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours or lacks one of its facts."""
    wording = typed(view, _WORDING)
    if wording is None:
        raise Refused("Name the form or script they agreed to. Nothing was changed.")
    return Submission(
        case_id_of(view, CALLBACK),
        chosen(view, _WHO, ask="Pick who agreed."),
        chosen(view, _HOW, ask="Pick how."),
        chosen(view, _SCOPE, ask="Pick what it covers."),
        wording,
    )


def _options(words: Mapping[str, str]) -> list[dict[str, Any]]:
    return [option(label, code) for code, label in words.items()]
