"""One approved answer: its words, until when it is given, and whether."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, begun, context, escape, input_block, input_text, option, pick_date, radio, section
from bot.modals import settings
from bot.modals.frame import Submit, chosen, picked, typed

CALLBACK = "settings.answer.submit"

_GIVE, _UNTIL, _TEXT = "settings.answer.give", "settings.answer.until", "settings.answer.text_"
LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form shows; `asks` are questions that lead there."""

    key: str
    title: str
    texts: Mapping[str, str]
    until: str
    given: bool
    asks: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Submission:
    """`until` is a day like 2027-06-30, or None."""

    key: str
    mark: str
    give: bool
    until: str | None
    texts: Mapping[str, str]


def build(answer: Answer, *, mark: str) -> View:
    """The form, filled in."""
    choices = radio(_GIVE, [option("Give this answer", "yes"), option("A colleague answers", "no")])
    blocks = [
        section(f"*{escape(answer.title)}*\nAsked like: {escape(answer.asks)}"),
        *(
            input_block(
                language, _TEXT + code, element=begun(input_text(_TEXT + code, max_length=480), answer.texts.get(code))
            )
            for code, language in LANGUAGES.items()
            if code in answer.texts
        ),
        input_block("Until", _UNTIL, element=pick_date(_UNTIL, initial=answer.until)),
        input_block("When somebody asks", _GIVE, element=begun(choices, "yes" if answer.given else "no")),
        context(
            f"{escape(answer.approved_by)} Save puts your name to these words. Keep what stands in braces and the menu of digits."
        ),
    ]
    return settings.form("Approved answer", blocks, about=f"{answer.key}:{mark}", submit=Submit("Save", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    key, mark = settings.subject(view, CALLBACK)
    texts = {code: text for code in LANGUAGES if (text := typed(view, _TEXT + code))}
    give = chosen(view, _GIVE, ask="Pick who answers.") == "yes"
    return Submission(key, mark, give, picked(view, _UNTIL, "date"), texts)
