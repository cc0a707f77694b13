"""What has to be true of an organisation's lexicon before it may read a patient's text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.errors import Misconfigured
from workflows.understanding import lexicon, overlay
from workflows.understanding.lexicon import Concept, Lexicon, Pattern
from workflows.understanding.normalise import normal_form
from workflows.understanding.overlay import Built, Overlay
from workflows.understanding.patience import dawdles
from workflows.understanding.readings import Reading, Urgency
from workflows.understanding.verdict import read

NOON = datetime.fromisoformat("2026-12-02T12:00:00")
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is the concept, or "messages". An error keeps the lexicon from being used; a note is for a person to judge."""

    where: str
    say: str
    level: Literal["error", "note"] = "error"

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.say}"


def check(source: str, messages: Iterable[Mapping[str, Any]] = ()) -> list[Problem]:
    """Everything wrong with a file; and what it changes about these messages (`id`, `text`, `context`, `ref`), as notes."""
    try:
        file = overlay.parse(source)
    except Misconfigured as error:
        return [Problem("file", f"{error.what}. {error.fix}")]
    built, found = _built(file)
    for made in built:
        found += [*_lines(made), *_examples(made)]
    if any(problem.level == "error" for problem in found):
        return found
    words = overlay.compiled(file, version=DRAFT)
    return [*found, *_emergencies(words), *_differences(words, messages)]


def _built(file: Overlay) -> tuple[list[Built], list[Problem]]:
    known = {concept.name: concept for concept in lexicon.everything().concepts}
    built: list[Built] = []
    found: list[Problem] = []
    for entry in file.concepts:
        try:
            made = overlay.build(entry, file.macros, known)
        except Misconfigured as error:
            found.append(Problem(entry.name, error.what.removeprefix(f"{entry.name}: ")))
        else:
            built.append(made)
            known[made.concept.name] = made.concept
    return built, found


def _lines(made: Built) -> Iterator[Problem]:
    """Each new line compiles, is bounded, and is looked for by a word of its own."""
    old = made.base.patterns + made.base.guards if made.base else ()
    for pattern in made.concept.patterns + made.concept.guards:
        if pattern in old:
            continue
        if fault := _fault(pattern):
            yield Problem(made.entry.name, f"{pattern.line}: {fault}")
        elif not pattern.needs:
            yield Problem(made.entry.name, f"{pattern.line}: no word of it must stand in the text; name one")


def _fault(pattern: Pattern) -> str | None:
    try:
        return dawdles(pattern.line) or (pattern.regex and None)
    except re.error as error:
        return f"not a pattern: {error}"


def _examples(made: Built) -> Iterator[Problem]:
    """What it is for is found, what looks like it is not; both have to be written down."""
    entry = made.entry
    if (entry.adds or entry.tier) and not entry.examples:
        yield Problem(entry.name, "write examples: messages that it must find")
    if not entry.counter:
        yield Problem(entry.name, "write counter-examples: messages that look like it and must not be found")
    if any(_fault(pattern) for pattern in made.concept.patterns + made.concept.guards):
        return
    for text in entry.examples:
        if not _hit(made.concept, text):
            yield Problem(entry.name, f"does not find its example: {text}")
    for text in entry.counter:
        if _hit(made.concept, text):
            yield Problem(entry.name, f"finds its counter-example: {text}")


def _hit(concept: Concept, text: str) -> bool:
    return bool(concept.hits(normal_form(text).normal))


def _emergencies(words: Lexicon) -> Iterator[Problem]:
    """Every example of every built-in emergency is one still."""
    for concept in lexicon.everything().concepts:
        if concept.kind == "clinical" and concept.tier is Urgency.EMERGENCY:
            for text in concept.examples:
                if _lost(read(text, context=None, ref=NOON), read(text, context=None, ref=NOON, words=words)):
                    yield Problem(concept.name, f"a built-in emergency would be silenced: {text}")


def _differences(words: Lexicon, messages: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    for row in messages:
        asked, at = row.get("context"), datetime.fromisoformat(row["ref"])
        before = read(row["text"], context=asked, ref=at)
        after = read(row["text"], context=asked, ref=at, words=words)
        change = f"{before.urgency.value} -> {after.urgency.value} ({row['id']}: {row['text']})"
        if _lost(before, after):
            yield Problem("messages", f"an emergency or opt-out would be missed: {change}")
        elif before.urgency is not after.urgency:
            yield Problem("messages", change, level="note")


def _lost(before: Reading, after: Reading) -> bool:
    emergency = before.urgency is Urgency.EMERGENCY and after.urgency is not Urgency.EMERGENCY
    return emergency or (before.opt_out and not after.opt_out)
