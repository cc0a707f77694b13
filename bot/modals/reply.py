"""Write to the patient: the text goes out in the clinic's name, through the gate. Only where Slack may see patients.

A saved reply is shown as the patient will read it before it is sent; then there is no field for words of one's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks import MAX_OPTIONS, Block, View, clip, context, escape, input_block, input_text, option, section
from bot.blocks import static_select as select
from bot.modals.frame import Submit, case_id_of, chosen_if_any, modal, typed

CALLBACK = "case.reply.submit"
SAVED = "case.reply.saved"
"""The field of saved replies, and the press that picks one."""
OWN = "own"
LONGEST = 480
"""Characters: three segments with the clinic's name."""

_TEXT = "case.reply.text"
_RULES = (
    "It begins with the clinic's name. Texts are not private: no diagnosis, result or medicine. Opt-outs and quiet hours hold; "
    "you are told when it waits."
)
_SHOWN = 1500
"""Characters of a saved reply that the window shows: all of three segments."""


@dataclass(frozen=True)
class Submission:
    """What was typed, or the id of the saved reply that was picked. Has no repr of it: it may be about the patient."""

    case_id: str
    text: str = field(repr=False)
    saved: str | None = None


@dataclass(frozen=True)
class Saved:
    """A saved reply as the patient will read it."""

    id: str
    text: str = field(repr=False)
    segments: int


def build(
    case_id: str,
    number: int,
    *,
    who: str,
    language: str,
    saved: Sequence[tuple[str, str]] = (),
    picked: Saved | None = None,
    qualified: bool = True,
) -> View:
    """`who` is the patient as far as the level lets Slack see; `language` theirs in words, empty when it is English or not known.

    `saved`: (id, title) of the replies that can go to them now, the first 99.
    """
    blocks = [section(f"*To*  {escape(who)}")] if who else []
    if language:
        blocks.append(section(f":speech_balloon: The patient reads {escape(language)}."))
    if language and not qualified:
        instead = "pick a saved reply, or hand the case over" if saved else "hand the case over, or call"
        blocks.append(context(f"You are not marked as qualified to write in {escape(language)}: {instead}."))
    blocks += _pick(saved, picked)
    if picked is None:
        blocks.append(input_block("Text", _TEXT, element=input_text(_TEXT, max_length=LONGEST), optional=bool(saved)))
        blocks.append(context(_RULES))
    return modal(f"Reply, case {number}", blocks, case_id=case_id, submit=Submit("Send text", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours. An empty text is the service's to refuse."""
    saved = chosen_if_any(view, SAVED)
    return Submission(case_id_of(view, CALLBACK), typed(view, _TEXT) or "", None if saved == OWN else saved)


def _pick(saved: Sequence[tuple[str, str]], picked: Saved | None) -> list[Block]:
    if not saved:
        return []
    options = [option("Words of my own", OWN), *(option(title, id_) for id_, title in saved[: MAX_OPTIONS - 1])]
    element = select(SAVED, options, placeholder="Pick one, or write below")
    if picked is not None:
        element |= {"initial_option": next(one for one in options if one["value"] == picked.id)}
    field_ = input_block("Saved reply", SAVED, element=element, optional=True) | {"dispatch_action": True}
    if picked is None:
        return [field_]
    quoted = "\n".join(f">{escape(line)}" for line in clip(picked.text, _SHOWN).splitlines())
    size = f"{picked.segments} segment{'s' if picked.segments != 1 else ''}"
    note = f"Sent as it is: {size}. Opt-outs and quiet hours hold; you are told when it waits."
    return [field_, section(f"*The patient will read*\n{quoted}"), context(note)]
