"""The organisation's short texts, in both languages."""

from collections.abc import Mapping
from typing import Any

from bot.blocks import Block, View, begun, context, input_block, input_text
from bot.modals import settings
from bot.modals.frame import Submit, typed

CALLBACK = "settings.words.submit"
_PREFIX = "settings.words."

Facts = Mapping[str, Mapping[str, str]]


def build(facts: Facts, asked: Mapping[str, str], languages: Mapping[str, str], *, mark: str) -> View:
    """A field a fact and language; `asked` are {fact: title}."""
    blocks: list[Block] = [
        context(
            "Approved answers say this to patients who ask. What has no words in a language is a question for a colleague."
        )
    ]
    for name, title in asked.items():
        for code, language in languages.items():
            field = _field(name, code)
            typing = begun(input_text(field, max_length=160, multiline=False), facts.get(name, {}).get(code))
            blocks.append(input_block(f"{title} ({language})", field, element=typing, optional=True))
    return settings.form("Wording", blocks, about=f"words:{mark}", submit=Submit("Save", CALLBACK))


def parse_submission(
    view: Mapping[str, Any], asked: Mapping[str, str], languages: Mapping[str, str]
) -> tuple[str, dict[str, dict[str, str]]]:
    """(the mark, {fact: {language: words}} of what was filled in)."""
    _, mark = settings.subject(view, CALLBACK)
    said = {name: {code: text for code in languages if (text := typed(view, _field(name, code)))} for name in asked}
    return mark, {name: texts for name, texts in said.items() if texts}


def _field(name: str, language: str) -> str:
    return f"{_PREFIX}{name}_{language}"
