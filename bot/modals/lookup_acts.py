"""The forms of a patient's window: stop all texts, stop one program, a new number, another language. One press more than the button."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks import MAX_OPTIONS, View, context, input_block, input_text, option, radio, static_select
from bot.modals.frame import Submit, chosen, modal, subject_of, typed
from core.errors import Refused

STOP, PROGRAM = "lookup.stop.submit", "lookup.program.submit"
NUMBER, LANGUAGE = "lookup.number.submit", "lookup.language.submit"
_WHO, _WHICH, _HOW = "lookup.stop.who", "lookup.program.which", "lookup.program.how"
_NUMBER, _LANGUAGE = "lookup.number.new", "lookup.language.to"


def stop(patient: str, who: Mapping[str, str]) -> View:
    """Who asks, the patient picked: one press stops everything."""
    said = [option(words, code) for code, words in who.items()]
    blocks = [
        input_block("Who asks for it", _WHO, element=radio(_WHO, said) | {"initial_option": said[0]}),
        context(
            "Nothing more is texted to the numbers on file, whoever shares them, and every program there ends. START undoes it."
        ),
    ]
    return modal("Stop all texts", blocks, case_id=patient, submit=Submit("Stop", STOP))


def program(patient: str, running: Sequence[tuple[str, str]], how: Mapping[str, str]) -> View:
    """Which of `running` as (id, title), the first picked, and how."""
    offered = [option(title, code) for code, title in running[:MAX_OPTIONS]]
    ways = [option(words, code) for code, words in how.items()]
    which = static_select(_WHICH, offered, placeholder="Pick a program") | {"initial_option": offered[0]}
    blocks = [
        input_block("Program", _WHICH, element=which),
        input_block("How", _HOW, element=radio(_HOW, ways) | {"initial_option": ways[0]}),
    ]
    return modal("Stop one program", blocks, case_id=patient, submit=Submit("Stop it", PROGRAM))


def number(patient: str) -> View:
    """The number she told."""
    blocks = [
        input_block("New number", _NUMBER, element=input_text(_NUMBER, multiline=False, max_length=40)),
        context("Numbers belong to the chart: a case asks the front office to enter it there."),
    ]
    return modal("Fix number", blocks, case_id=patient, submit=Submit("Hand on", NUMBER))


def language(patient: str, languages: Mapping[str, str]) -> View:
    """Which language she wants."""
    offered = [option(words, code) for code, words in languages.items()]
    ask = static_select(_LANGUAGE, offered, placeholder="Pick a language")
    blocks = [input_block("Language", _LANGUAGE, element=ask)]
    return modal("Language", blocks, case_id=patient, submit=Submit("Keep", LANGUAGE))


def stop_said(view: Mapping[str, Any]) -> tuple[str, str]:
    """(patient, who asked)."""
    return subject_of(view, STOP), chosen(view, _WHO, ask="Say who asks for it.")


def program_said(view: Mapping[str, Any]) -> tuple[str, str, str]:
    """(patient, enrollment, how)."""
    patient, ask = subject_of(view, PROGRAM), "Pick the program and how."
    return patient, chosen(view, _WHICH, ask=ask), chosen(view, _HOW, ask=ask)


def number_said(view: Mapping[str, Any]) -> tuple[str, str]:
    """(patient, number as typed)."""
    said = typed(view, _NUMBER)
    if not said:
        raise Refused("Type the new number. Nothing was changed.")
    return subject_of(view, NUMBER), said


def language_said(view: Mapping[str, Any]) -> tuple[str, str]:
    """(patient, language)."""
    return subject_of(view, LANGUAGE), chosen(view, _LANGUAGE, ask="Pick a language.")
