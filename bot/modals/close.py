"""Close a case: always with a disposition, so that no case ends without an outcome (S45, S46)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import MAX_RADIO_OPTIONS, Block, View, context, input_block, input_text, option, radio, static_select
from bot.modals.frame import Submit, case_id_of, chosen, chosen_if_any, modal, typed
from core.errors import Refused

CALLBACK = "case.close.submit"

PICK = "Pick how it ended"

_DISPOSITION = "case.close.disposition"
_NOTE = "case.close.note"
_PROMISE = "case.close.promise"
_BY = "case.close.by"
_WHO = "case.close.interpreter"
_TONGUE = "case.close.language"
_HOW = "case.close.how"


@dataclass(frozen=True, repr=False)
class Submission:
    """How it ended, in code, and what the person noted. Has no repr: a note is patient data."""

    case_id: str
    disposition: str
    note: str | None
    promise: str | None = None
    by_when: str | None = None
    interpreter: str | None = None
    language: str | None = None
    how: str | None = None


@dataclass(frozen=True)
class Interpreters:
    """Which languages and ways there are, as {code: words}, and the language to begin with."""

    languages: Mapping[str, str]
    how: Mapping[str, str]
    usual: str


@dataclass(frozen=True)
class Promises:
    """What may be promised, and by when, as {code: words}."""

    kinds: Mapping[str, str]
    by: Mapping[str, str]


def build(
    case_id: str,
    number: int,
    *,
    dispositions: Sequence[tuple[str, str]],
    note_allowed: bool,
    promises: Promises | None = None,
    interpreters: Interpreters | None = None,
    hint: str = "",
) -> View:
    """Ask for one of `dispositions` (code, label); a note only where Slack may see patient data (docs/architecture.md §4)."""
    options = [option(label, code) for code, label in dispositions]
    few = len(options) <= MAX_RADIO_OPTIONS  # seen at once, and one press less
    ending = radio(_DISPOSITION, options) if few else static_select(_DISPOSITION, options, placeholder=PICK)
    blocks = [input_block("How did it end?", _DISPOSITION, element=ending)]
    blocks += [context(hint)] if hint else []
    blocks += _interpreter(interpreters) if interpreters else []
    if note_allowed:
        blocks.append(input_block("Note for the record", _NOTE, element=input_text(_NOTE), optional=True))
    else:
        blocks.append(context("Notes are written on the signed-in case page: press Open on the card."))
    if promises is not None:
        blocks += [
            _optional("Did you promise something?", _PROMISE, promises.kinds, placeholder="Nothing promised"),
            _optional("By when?", _BY, promises.by, placeholder="Pick a time"),
        ]
    return modal(f"Close case {number}", blocks, case_id=case_id, submit=Submit("Close case", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form (`view` of Slack's view_submission); Refused with a sentence when it is not one of ours.

    The code is not checked against the kind's dispositions here: the service knows them.
    """
    ended = chosen(view, _DISPOSITION, ask="Pick how it ended.")
    promise, by_when = chosen_if_any(view, _PROMISE), chosen_if_any(view, _BY)
    if (promise is None) != (by_when is None):
        raise Refused("Pick what you promised, and by when; or neither. The case is still open.")
    return Submission(
        case_id=case_id_of(view, CALLBACK),
        disposition=ended,
        note=typed(view, _NOTE),
        promise=promise,
        by_when=by_when,
        interpreter=typed(view, _WHO),
        language=chosen_if_any(view, _TONGUE),
        how=chosen_if_any(view, _HOW),
    )


def _interpreter(known: Interpreters) -> list[Block]:
    tongues = {code: option(words, code) for code, words in known.languages.items()}
    language = static_select(_TONGUE, list(tongues.values()), placeholder="Pick a language")
    who = input_text(_WHO, max_length=60, multiline=False)
    return [
        input_block("Who interpreted? Name, or agency and number", _WHO, element=who, optional=True),
        input_block(
            "In which language?", _TONGUE, element=language | {"initial_option": tongues[known.usual]}, optional=True
        ),
        _optional("How?", _HOW, known.how, placeholder="By phone, by video, in person"),
    ]


def _optional(label: str, block_id: str, choices: Mapping[str, str], *, placeholder: str) -> Block:
    options = [option(words, code) for code, words in choices.items()]
    return input_block(
        label, block_id, element=static_select(block_id, options, placeholder=placeholder), optional=True
    )
