import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from workflows.understanding import data_files
from workflows.understanding.anchors import anchors, words_of
from workflows.understanding.anchors import vocabulary as words_in
from workflows.understanding.readings import Urgency

_GAP = r" (?:\w[\w.:/]* ){0,3}"
FOLDERS = ("clinical", "phrases", "conversation")
_CLOSED = 160  # characters of a message that may be nothing but a short answer


@dataclass(frozen=True)
class Pattern:
    """One line of a lexicon, compiled when a text first holds its anchor words."""

    source: str
    line: str
    needs: tuple[frozenset[str], ...]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The line as a compiled expression."""
        return re.compile(self.source)

    def spans(self, text: str, words: frozenset[str]) -> list[tuple[int, int]]:
        """Where the line matches a normal text made of `words`."""
        for need in self.needs:
            if need.isdisjoint(words):
                return []
        return [match.span() for match in self.regex.finditer(text)]


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a lexicon: what it is called, how people write it, and when those words mean something else.

    `kind` is the folder it came from: clinical, phrases or conversation.
    """

    kind: str
    name: str
    label: str
    tier: Urgency
    negatable: bool
    closed: bool
    contexts: frozenset[str | None]
    patterns: tuple[Pattern, ...]
    guards: tuple[Pattern, ...]
    examples: tuple[str, ...]
    counter: tuple[str, ...]

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Spans of this concept in normal text, without those that a guard covers."""
        words = words_of(text)
        return self.unguarded([span for p in self.patterns for span in p.spans(text, words)], text, words)

    def unguarded(self, found: list[tuple[int, int]], text: str, words: frozenset[str]) -> list[tuple[int, int]]:
        """The found spans in order, without those that touch a guard's."""
        covered = sorted(span for guard in self.guards for span in guard.spans(text, words))
        return _outside(sorted(found), covered) if covered else sorted(found)


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept and where it stands in the normal text."""

    concept: Concept
    start: int
    end: int


class Lexicon:
    """Concepts, found through the words that their lines cannot match without."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts = tuple(concepts)
        self._by_word: dict[str, list[tuple[int, Pattern]]] = {}
        self._always: list[tuple[int, Pattern]] = []
        for number, concept in enumerate(self.concepts):
            for pattern in concept.patterns:
                if not pattern.needs:
                    self._always.append((number, pattern))
                for word in pattern.needs[0] if pattern.needs else ():
                    self._by_word.setdefault(word, []).append((number, pattern))

    @property
    def unanchored(self) -> list[tuple[str, str]]:
        """Lines that every text pays for: (concept, line)."""
        return [(self.concepts[number].name, pattern.line) for number, pattern in self._always]

    def hits(self, text: str, context: str | None) -> list[Hit]:
        """Every hit of the concepts that fit the outstanding question, in the order of the concepts."""
        words = words_of(text)
        return [
            Hit(self.concepts[number], start, end)
            for number, found in sorted(self._found(text, context, words).items())
            for start, end in self.concepts[number].unguarded(found, text, words)
        ]

    def _found(self, text: str, context: str | None, words: frozenset[str]) -> dict[int, list[tuple[int, int]]]:
        concepts, by_word, short = self.concepts, self._by_word, len(text) <= _CLOSED
        found: dict[int, list[tuple[int, int]]] = {}
        tried: set[int] = set()
        for entries in (*(by_word[word] for word in words if word in by_word), self._always):
            for number, pattern in entries:
                concept = concepts[number]
                if (concept.contexts and context not in concept.contexts) or (concept.closed and not short):
                    continue
                for need in pattern.needs[1:]:
                    if need.isdisjoint(words):
                        break
                else:
                    if id(pattern) not in tried and (spans := pattern.spans(text, words)):
                        found.setdefault(number, []).extend(spans)
                    tried.add(id(pattern))
        return found


def _outside(found: list[tuple[int, int]], guards: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that no guard touches: both lists are in order, one walk over each."""
    kept, g, reached = [], 0, -1
    for start, end in found:
        while g < len(guards) and guards[g][0] < end:
            reached = max(reached, guards[g][1])
            g += 1
        if reached <= start:
            kept.append((start, end))
    return kept


@cache
def load(folder: str) -> Lexicon:
    """The lexicon of one folder of data ("clinical", "phrases"), parsed once a process.

    Pattern lines: words as they stand in normal text; `a ~ b` lets up to three words stand between; `{x}` is a macro;
    the rest is a regular expression without captures. No unbounded repeat is allowed: `ValueError`.
    """
    rows = [data_files.read(path) for path in sorted((data_files.FOLDER / folder).glob("*.yaml"))]
    return Lexicon(concept for data in rows for concept in concepts(folder, data))


@cache
def everything() -> Lexicon:
    """All lexicons as one: a text is looked through once."""
    return Lexicon(concept for folder in FOLDERS for concept in load(folder).concepts)


def vocabulary() -> frozenset[str]:
    """Every whole word that a line of any lexicon writes out."""
    return frozenset().union(*(words_in(p.line) for concept in everything().concepts for p in concept.patterns))


def concepts(kind: str, data: Mapping[str, Any]) -> list[Concept]:
    """The concepts of one file's data; its own macros go before the shared ones."""
    macros = {**data_files.read(data_files.FOLDER / "macros.yaml"), **(data.get("macros") or {})}
    return [_concept(kind, row, macros) for row in data["concepts"]]


def _concept(kind: str, row: dict[str, Any], macros: Mapping[str, str]) -> Concept:
    closed = bool(row.get("closed", False))
    return Concept(
        kind=kind,
        name=row["concept"],
        label=row.get("label", row["concept"]),
        tier=Urgency(row.get("tier", "admin")),
        negatable=bool(row.get("negatable", False)),
        closed=closed,
        contexts=frozenset(row.get("contexts", ())),
        patterns=_patterns(row.get("en", "") + "\n" + row.get("es", ""), macros, whole=closed),
        guards=_patterns(row.get("guards", ""), macros, whole=False),
        examples=tuple(row.get("examples", ())),
        counter=tuple(row.get("counter", ())),
    )


def _patterns(lines: str, macros: Mapping[str, str], *, whole: bool) -> tuple[Pattern, ...]:
    expanded = [_expand(line.strip(), macros) for line in lines.splitlines() if line.strip()]
    return tuple(_pattern(line, whole=whole) for line in expanded)


@cache
def _pattern(line: str, *, whole: bool) -> Pattern:
    source = f"^(?:{line})(?: [.?,])*$" if whole else rf"(?<![\w$])(?:{line})(?!\w)"
    return Pattern(source, line, anchors(line))


def _expand(line: str, macros: Mapping[str, str]) -> str:
    if re.search(r"(?<!\\)\.[*+]|\)[*+](?!\?)", line.replace(")*$", ")$")):
        raise ValueError(f"unbounded repeat in lexicon pattern: {line}")
    line = re.sub(r"\{([a-z_]+)\}", lambda m: macros[m.group(1)], line)
    line = line.replace(" ~ ", _GAP)
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", line)
