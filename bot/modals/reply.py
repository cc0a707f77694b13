"""Write to the patient: the text goes out in the clinic's name, through the gate. Only where Slack may see patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.blocks import View, context, escape, input_block, input_text, section
from bot.modals.frame import Submit, case_id_of, modal, typed

CALLBACK = "case.reply.submit"
LONGEST = 480
"""Characters: three segments with the clinic's name."""

_TEXT = "case.reply.text"
_RULES = (
    "It begins with the clinic's name. Texts are not private: no diagnosis, result or medicine. Opt-outs and quiet hours hold; "
    "you are told when it waits."
)


@dataclass(frozen=True)
class Submission:
    """What was typed. Has no repr of it: it may be about the patient."""

    case_id: str
    text: str = field(repr=False)


def build(case_id: str, number: int, *, who: str, language: str) -> View:
    """`who` is the patient as far as the level lets Slack see; `language` theirs in words, empty when it is English or not known."""
    blocks = [section(f"*To*  {escape(who)}")] if who else []
    if language:
        blocks.append(section(f":speech_balloon: The patient reads {escape(language)}."))
    blocks.append(input_block("Text", _TEXT, element=input_text(_TEXT, max_length=LONGEST)))
    blocks.append(context(_RULES))
    return modal(f"Reply, case {number}", blocks, case_id=case_id, submit=Submit("Send text", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours. An empty text is the service's to refuse."""
    return Submission(case_id_of(view, CALLBACK), typed(view, _TEXT) or "")
