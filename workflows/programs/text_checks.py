"""What every text to a patient must keep to (voice, K1, K2, K4, P1); the words are data: `text_rules.yaml`."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from core.errors import Misconfigured
from workflows import reading_level, texts
from workflows.segments import count, straighten

_FILE = Path(__file__).parent.with_name("text_rules.yaml")
Kind = Literal["care", "marketing", "survey"]


class Fault(NamedTuple):
    """One breach: the rule's id and a sentence that says what to change."""

    rule: str
    say: str


def languages() -> tuple[str, ...]:
    """The languages every text must have."""
    return tuple(_rules()["languages"])


def check_text(template: str, language: str, *, kind: Kind = "care", slots: int = 3) -> list[Fault]:
    """What is wrong with one template; empty means it may be sent. A survey is a care text too; `slots` = how many times it offers."""
    unreadable = _braces(template)
    if unreadable:
        return unreadable
    checks: tuple[Callable[[str, str], Iterator[Fault]], ...] = (
        _sender, _tone, _answers, _links, _health, _level, _promise,
    )  # fmt: skip
    faults = [fault for check in checks for fault in check(template, language)]
    return [*faults, *_length(template, language, slots), *_phrases(template, language, kind)]


def check_page(text: str, language: str) -> list[Fault]:
    """What is wrong with words on a patient's page, where only their length does not matter."""
    checks: tuple[Callable[[str, str], Iterator[Fault]], ...] = (_tone, _level, _promise)
    return [*(fault for check in checks for fault in check(text, language)), *_phrases(text, language, "survey")]


def check_sensitive(text: str, language: str) -> list[Fault]:
    """What tells a stranger, who holds the phone, what the visit is about (P1)."""
    return list(_health(text, language))


def check_first(template: str, language: str) -> list[Fault]:
    """What the first text to a number leaves unsaid (K1, P1)."""
    return [
        Fault(rule, needed["say"])
        for rule, needed in _rules()["first_text"].items()
        if language in needed and not re.search(needed[language], template, re.IGNORECASE)
    ]


def apologises(template: str, language: str) -> bool:
    """Whether it says sorry before anything else, after its sender."""
    return re.match(rf"\W*{_rules()['apologies'][language]}\b", _plain(_words(template))) is not None


def says_stop(template: str) -> bool:
    """Whether it tells how to end the texts."""
    return re.search(r"\bSTOP\b", template) is not None


def offered(template: str) -> set[str]:
    """The digits a text offers as answers ("1 for a call", "1 = yes"): those in no time, date, longer number or scale."""
    bare = re.sub(r"\{\w+\}|\d+[:/.]\d+|\d+ ?(?:to|a|al|-) ?\d+|\b(?:in|en) \d \w+|\d{2,}", " ", template)
    return set(re.findall(r"(?<!\w)\d(?!\w)", bare))


def worst_case(template: str, language: str, *, slots: int = 3) -> str:
    """The template with the longest values its placeholders may take. Raises Misconfigured for an unknown placeholder."""
    longest = {name: said.get(language, said.get("en", "")) for name, said in _rules()["placeholders"].items()}
    longest["slots"] = ", ".join(f"{n} = {longest['when']}" for n in range(1, slots + 1))
    return texts.fill(template, **longest)


def first_text_segments(template: str, language: str, *, slots: int = 3) -> int:
    """Segments of the first text to a number: the intro before it, longest values; 0 when that cannot be told."""
    intro = texts.organisation_texts()["intro"].variants.get(language)
    if intro is None or _braces(template):
        return 0
    return count(worst_case(f"{intro} {template}", language, slots=slots)).segments


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return rules


def _braces(template: str) -> list[Fault]:
    try:
        unknown = texts.placeholders(template) - _rules()["placeholders"].keys()
    except Misconfigured as error:
        return [Fault("text.placeholder", str(error))]
    return [Fault("text.placeholder", f"Unknown placeholder {{{name}}}.") for name in sorted(unknown)]


def _sender(template: str, _: str) -> Iterator[Fault]:
    if not re.match(r"(This is |Somos )?\{clinic\}", template):
        yield Fault("text.sender", "Begin with {clinic}: every text names its sender.")


def _tone(template: str, _: str) -> Iterator[Fault]:
    if "!" in template or "¡" in template:
        yield Fault("text.tone", "No exclamation marks.")
    if any(unicodedata.category(char) == "So" or ord(char) > 0xFFFF for char in template):
        yield Fault("text.tone", "No emoji.")
    for word in sorted(set(re.findall(r"\b[A-ZÁÉÍÓÚÑ]{3,}\b", template)) - set(_rules()["capitals"])):
        if word.lower() not in _rules()["reserved_words"]:
            yield Fault("text.tone", f"No capitals: {word}.")
    if template.count("?") > 1:
        yield Fault("text.question", "Ask one question.")


def _answers(template: str, _: str) -> Iterator[Fault]:
    """Carriers take these words for themselves: an answer "CANCEL" would opt the patient out. STOP may say what it does."""
    rules = _rules()
    verbs, reserved = "|".join(rules["answer_verbs"]), "|".join(rules["reserved_words"])
    asked = re.findall(rf"\b(?:{verbs})(?: with| con)?[\s:\"']+({reserved})\b", template, re.IGNORECASE)
    shouted = [word for word in re.findall(r"\b[A-Z]{2,}\b", template) if word.lower() in rules["reserved_words"]]
    wrong = {word.upper() for word in (*asked, *shouted) if word.lower() not in rules["opt_out_words"]}
    misused = re.search(r"\bSTOP to (?!end\b|stop\b|opt)", template, re.IGNORECASE)
    for word in sorted(wrong | ({"STOP"} if misused else set())):
        say = f"Do not ask for {word} as an answer: carriers read it as a command. Use a digit."
        yield Fault("text.reserved", say)


def _links(template: str, _: str) -> Iterator[Fault]:
    for host in _rules()["shorteners"]:
        if re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", template, re.IGNORECASE):
            yield Fault("text.shortener", f"No public link shortener ({host}): carriers filter them.")


def _health(template: str, language: str) -> Iterator[Fault]:
    words = _rules()["health_words"].get(language, [])
    for word in sorted(set(words)):
        if re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(template)):
            yield Fault("text.sensitive", f"'{word}' tells strangers about the visit: leave it out.")


def _length(template: str, language: str, slots: int) -> Iterator[Fault]:
    counted = count(worst_case(template, language, slots=slots))
    if counted.segments > 1:
        yield Fault(
            "text.segments",
            f"{counted.segments} segments ({counted.encoding}, {counted.units} units) with the longest values; 1 at most.",
        )
    if template != straighten(template):
        yield Fault("text.typography", "Write straight quotes, dashes and spaces: others are replaced before sending.")


def _level(template: str, language: str) -> Iterator[Fault]:
    """The formulas mean nothing on a handful of words: fewer than six are not judged."""
    said, most = _words(template), _rules()["reading_grade"]
    grade = reading_level.grade(said, language)
    if grade > most and len(said.split()) >= 6:
        yield Fault("text.reading", f"Reads at grade {grade:.0f}; {most} at most: shorter words and sentences.")


def _promise(template: str, language: str) -> Iterator[Fault]:
    promises, persons = _rules()["promises"].get(language), _rules()["persons"].get(language)
    said = _plain(template)
    if promises and re.search(rf"\b(?:{promises})\b", said) and not re.search(persons, said):
        yield Fault("text.person", "Say who it is that calls or answers (a nurse, our team, the front desk).")


def _phrases(template: str, language: str, kind: Kind) -> Iterator[Fault]:
    said = _plain(template)
    for rule, held in _rules()["phrases"].items():
        only = held.get("only")
        if only is not None and only != kind and not (only == "care" and kind == "survey"):
            continue
        for pattern in held.get(language, []):
            if found := re.search(rf"(?<!\w)(?:{pattern})(?!\w)", said):
                yield Fault(rule, f"{held['say']} ('{found[0]}')")
                break


def _words(template: str) -> str:
    """Without the sender and without placeholders: what the reader has to read."""
    return re.sub(r"\{\w+\}", "", re.sub(r"^\{clinic\}:? ?", "", template))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
