import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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

    def spans(self, text: str, words: frozenset[str]) -> Iterator[tuple[int, int]]:
        """Where the line matches a normal text made of `words`."""
        if any(need.isdisjoint(words) for need in self.needs[1:]):
            return iter(())
        return (match.span() for match in self.regex.finditer(text))


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a lexicon: what it is called, how people write it, and when those words mean something else."""

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
        return self.unguarded(
            [span for p in self.patterns if _may(p, words) for span in p.spans(text, words)], text, words
        )

    def unguarded(self, found: list[tuple[int, int]], text: str, words: frozenset[str]) -> list[tuple[int, int]]:
        """The found spans in order, without those that touch a guard's."""
        if not found:
            return found
        covered = sorted(span for g in self.guards if _may(g, words) for span in g.spans(text, words))
        return _outside(sorted(found), covered)


@dataclass(frozen=True)
class Lexicon:
    """Concepts, found through the words that their lines cannot match without."""

    concepts: tuple[Concept, ...]
    _by_word: dict[str, list[tuple[int, Pattern]]] = field(default_factory=dict, repr=False, compare=False)
    _always: list[tuple[int, Pattern]] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        for number, concept in enumerate(self.concepts):
            for pattern in concept.patterns:
                if not pattern.needs:
                    self._always.append((number, pattern))
                for word in pattern.needs[0] if pattern.needs else ():
                    self._by_word.setdefault(word, []).append((number, pattern))

    @property
    def unanchored(self) -> list[tuple[str, str]]:
        """Lines that every text pays for: (concept, line)."""
        return [(self.concepts[number].name, pattern.source) for number, pattern in self._always]

    def hits(self, text: str) -> list[tuple[Concept, int, int]]:
        """Every hit of every concept in a normal text, in the order of the concepts."""
        words = words_of(text)
        short = len(text) <= _CLOSED
        found: dict[int, list[tuple[int, int]]] = {}
        for number, pattern in self._worth_trying(words):
            if short or not self.concepts[number].closed:
                for span in pattern.spans(text, words):
                    found.setdefault(number, []).append(span)
        return [
            (concept, start, end)
            for number in sorted(found)
            if (concept := self.concepts[number])
            for start, end in concept.unguarded(found[number], text, words)
        ]

    def _worth_trying(self, words: frozenset[str]) -> Iterable[tuple[int, Pattern]]:
        by_word = self._by_word
        tried = {id(entry[1]): entry for word in words if word in by_word for entry in by_word[word]}
        return [*tried.values(), *self._always]


def _may(pattern: Pattern, words: frozenset[str]) -> bool:
    return not pattern.needs or not pattern.needs[0].isdisjoint(words)


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
    shared = data_files.read(data_files.FOLDER / "macros.yaml")
    rows = [data_files.read(path) for path in sorted((data_files.FOLDER / folder).glob("*.yaml"))]
    return Lexicon(tuple(concept for data in rows for concept in concepts(data, shared)))


def vocabulary() -> frozenset[str]:
    """Every whole word that a line of any lexicon writes out."""
    every = [concept for folder in FOLDERS for concept in load(folder).concepts]
    return frozenset().union(*(words_in(p.line) for concept in every for p in concept.patterns))


def concepts(data: Mapping[str, Any], shared: Mapping[str, str]) -> list[Concept]:
    """The concepts of one file's data; its own macros go before the shared ones."""
    macros = {**shared, **(data.get("macros") or {})}
    return [_concept(row, macros) for row in data["concepts"]]


def _concept(row: dict[str, Any], macros: Mapping[str, str]) -> Concept:
    closed = bool(row.get("closed", False))
    return Concept(
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
