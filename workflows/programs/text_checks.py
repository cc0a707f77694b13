"""What every text to a patient must keep to (voice, K1, K2, K4, P1); the words are data: `text_rules.yaml`."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.errors import Misconfigured
from workflows import texts
from workflows.segments import count, straighten

_FILE = Path(__file__).parent.with_name("text_rules.yaml")


def languages() -> tuple[str, ...]:
    """The languages every text must have."""
    return tuple(_rules()["languages"])


def check_text(template: str, language: str) -> list[str]:
    """What is wrong with one template, a sentence each; empty means it may be sent."""
    unreadable = _braces(template)
    if unreadable:
        return unreadable
    checks: tuple[Callable[[str, str], Iterator[str]], ...] = (_sender, _tone, _answers, _links, _health, _length)
    return [say for check in checks for say in check(template, language)]


def worst_case(template: str, language: str) -> str:
    """The template with the longest values its placeholders may take. Raises Misconfigured for an unknown placeholder."""
    values = {name: variants.get(language, variants["en"]) for name, variants in _rules()["placeholders"].items()}
    return texts.fill(template, **values)


def first_text_segments(template: str, language: str) -> int:
    """Segments of the first text to a number: the intro before it, longest values; 0 when that cannot be told."""
    intro = texts.organisation_texts()["intro"].variants.get(language)
    if intro is None or _braces(template):
        return 0
    return count(worst_case(f"{intro} {template}", language)).segments


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return rules


def _braces(template: str) -> list[str]:
    try:
        unknown = texts.placeholders(template) - _rules()["placeholders"].keys()
    except Misconfigured as error:
        return [str(error)]
    return [f"Unknown placeholder {{{name}}}." for name in sorted(unknown)]


def _sender(template: str, _: str) -> Iterator[str]:
    if not template.startswith("{clinic}"):
        yield "Begin with {clinic}: every text names its sender."


def _tone(template: str, _: str) -> Iterator[str]:
    if "!" in template or "¡" in template:
        yield "No exclamation marks."
    if any(unicodedata.category(char) == "So" or ord(char) > 0xFFFF for char in template):
        yield "No emoji."


def _answers(template: str, _: str) -> Iterator[str]:
    """Carriers take these words for themselves: an answer "CANCEL" would opt the patient out. STOP may say what it does."""
    rules = _rules()
    verbs, reserved = "|".join(rules["answer_verbs"]), "|".join(rules["reserved_words"])
    asked = re.findall(rf"\b(?:{verbs})(?: with| con)?[\s:\"']+({reserved})\b", template, re.IGNORECASE)
    shouted = [word for word in re.findall(r"\b[A-Z]{2,}\b", template) if word.lower() in rules["reserved_words"]]
    wrong = {word.upper() for word in (*asked, *shouted) if word.lower() not in rules["opt_out_words"]}
    misused = re.search(r"\bSTOP to (?!end\b|stop\b|opt)", template, re.IGNORECASE)
    for word in sorted(wrong | ({"STOP"} if misused else set())):
        yield f"Do not ask for {word} as an answer: carriers read it as a command. Use a digit."


def _links(template: str, _: str) -> Iterator[str]:
    for host in _rules()["shorteners"]:
        if re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", template, re.IGNORECASE):
            yield f"No public link shortener ({host}): carriers filter them."


def _health(template: str, language: str) -> Iterator[str]:
    words = _rules()["health_words"].get(language, [])
    for word in sorted(set(words)):
        if re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(template)):
            yield f"'{word}' tells strangers about the visit: leave it out."


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _length(template: str, language: str) -> Iterator[str]:
    counted = count(worst_case(template, language))
    if counted.segments > 1:
        yield f"{counted.segments} segments ({counted.encoding}, {counted.units} units) with the longest values; 1 at most."
    if template != straighten(template):
        yield "Write straight quotes, dashes and spaces: others are replaced before sending."
