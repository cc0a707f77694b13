"""Log a call: one attempt by a person to speak with a discharged patient (N18)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, context, escape, input_block, option, radio
from bot.modals.frame import Submit, case_id_of, chosen, modal

CALLBACK = "contact.log.submit"

_METHOD = "contact.log.method"
_RESULT = "contact.log.result"


@dataclass(frozen=True)
class Submission:
    """How the person tried, and how it went, in codes."""

    case_id: str
    method: str
    result: str


def build(case_id: str, number: int, *, standing: str, methods: Mapping[str, str], results: Mapping[str, str]) -> View:
    """Ask for method and result; `standing` is where the clock stands, in words."""
    blocks = [
        context(escape(standing)),
        input_block("How did you try?", _METHOD, element=radio(_METHOD, [option(w, c) for c, w in methods.items()])),
        input_block("How did it go?", _RESULT, element=radio(_RESULT, [option(w, c) for c, w in results.items()])),
    ]
    return modal(f"Log a call, case {number}", blocks, case_id=case_id, submit=Submit("Log it", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    return Submission(
        case_id_of(view, CALLBACK),
        chosen(view, _METHOD, ask="Pick how you tried."),
        chosen(view, _RESULT, ask="Pick how it went."),
    )
