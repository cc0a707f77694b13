"""What must hold of a form before a patient sees it."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from workflows.forms.model import Form, Words
from workflows.programs.text_checks import languages

_FILE = Path(__file__).parent.with_name("form_rules.yaml")


def lint(form: Form) -> list[str]:
    """Everything wrong with a readable form, "place: what to change" each; empty means that it may be sent."""
    said = dict(_said(form))
    problems = [problem for where, words in said.items() for problem in _words(where, words)]
    problems += _scales(form)
    if form.books and form.verify is None:
        problems.append("verify: who books a visit gives the year of birth first.")
    if form.books and len(form.questions) > 1:
        problems.append("questions: a form that books asks for the time only.")
    return problems


def _said(form: Form) -> Iterator[tuple[str, Words]]:
    yield from (("title", form.title), ("intro", form.intro), ("thanks", form.thanks))
    for question in form.questions:
        here = f"questions.{question.code}"
        yield f"{here}.label", question.label
        if question.hint:
            yield f"{here}.hint", question.hint
        for code, words in (question.options or {}).items():
            yield f"{here}.options.{code}", words
        for end, words in enumerate(question.ends or ()):
            yield f"{here}.ends.{end}", words


def _words(where: str, words: Words) -> Iterator[str]:
    for language in languages():
        if not words.get(language):
            yield f"{where}.{language}: this language is missing."
    for language, text in words.items():
        if "!" in text or "¡" in text:
            yield f"{where}.{language}: no exclamation marks."
        for item in _rules()["official_items"]:
            if item in _plain(text):
                yield f"{where}.{language}: '{item}' is of the official hospital survey; ask in other words."


def _scales(form: Form) -> Iterator[str]:
    for question in form.questions:
        for language in languages():
            answers = [_plain(words.get(language, "")) for words in (question.options or {}).values()]
            for scale in _rules()["official_scales"]:
                if len(set(scale) & set(answers)) >= 3:
                    yield f"questions.{question.code}.options: this answer scale is of the official hospital survey."


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", kept))


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return rules
