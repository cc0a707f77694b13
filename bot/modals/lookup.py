"""Find a patient who is on the phone: the search, what was found, and her history. Only where Slack may see patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks import Block, View, actions, button, clip, context, divider, escape, input_block, input_text, section
from bot.modals.frame import STALE, Submit, modal, typed
from core.errors import Refused

CALLBACK = "lookup.search.submit"
_FAMILY, _BORN, _PHONE, _MRN = "lookup.search.family", "lookup.search.born", "lookup.search.phone", "lookup.search.mrn"
ROWS = 10
CHOOSE = tuple(f"lookup.choose.{n}" for n in range(ROWS))  # a view takes no action id twice
AGAIN = "lookup.again"
STOP, PROGRAM, NUMBER, LANGUAGE = "lookup.stop", "lookup.program", "lookup.number", "lookup.language"
WHO_SHOWN, LINE_SHOWN = 200, 400
TITLE = "Find a patient"
NONE = "No patient fits. Check the spelling in the chart, or try the phone number."


@dataclass(frozen=True, slots=True)
class Row:
    """One patient found, in the words that this level allows."""

    patient: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Face:
    """Her window: who, lines of history as (label, sentence), what was just done, and whether a program can be stopped."""

    patient: str
    who: str = field(repr=False)
    lines: Sequence[tuple[str, str]] = field(repr=False)
    done: str = ""
    running: bool = False


def search() -> View:
    """Last name with birth date, or phone, or MRN."""

    def line(label: str, name: str, most: int) -> Block:
        return input_block(label, name, element=input_text(name, multiline=False, max_length=most), optional=True)

    blocks = [
        line("Last name", _FAMILY, 80),
        line("Birth date, like 4/12/1961", _BORN, 20),
        line("Or phone number", _PHONE, 40),
        line("Or MRN", _MRN, 64),
        context("What you type is searched and kept nowhere."),
    ]
    return modal(TITLE, blocks, submit=Submit("Search", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> dict[str, str]:
    """family, born, phone, mrn, each as typed; Refused when the form is not ours."""
    if view.get("callback_id") != CALLBACK:
        raise Refused(STALE)
    names = {"family": _FAMILY, "born": _BORN, "phone": _PHONE, "mrn": _MRN}
    return {name: typed(view, block) or "" for name, block in names.items()}


def results(rows: Sequence[Row]) -> View:
    """A row a patient with Choose; none says what to try."""
    blocks: list[Block] = [
        section(escape(clip(row.words, WHO_SHOWN)))
        | {"accessory": button("Choose", CHOOSE[place], value=row.patient, style="primary" if len(rows) == 1 else None)}
        for place, row in enumerate(rows[:ROWS])
    ]
    blocks = blocks or [section(NONE)]
    if len(rows) > ROWS:
        blocks.append(context("There are more. Search with the birth date or the MRN to narrow it."))
    return modal(TITLE, [*blocks, actions(button("Search again", AGAIN, value="me"))])


def window(face: Face) -> View:
    """Her history in lines and what can be done, each one button away."""
    blocks: list[Block] = [section(f":white_check_mark: {escape(clip(face.done, LINE_SHOWN))}")] if face.done else []
    blocks.append(section(f"*{escape(clip(face.who, WHO_SHOWN))}*"))
    blocks += [section(f"*{escape(label)}*\n{escape(clip(said, LINE_SHOWN))}") for label, said in face.lines]
    blocks.append(divider())
    offered = [button("Stop all texts…", STOP, value=face.patient, style="danger")]
    offered += [button("Stop one program…", PROGRAM, value=face.patient)] if face.running else []
    offered += [button("Fix number…", NUMBER, value=face.patient), button("Language…", LANGUAGE, value=face.patient)]
    blocks += [actions(*offered), actions(button("Search again", AGAIN, value="me"))]
    return modal("Patient", blocks, case_id=face.patient)
