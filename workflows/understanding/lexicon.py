import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from sys import intern
from typing import Any

from workflows.understanding import data_files, derived, expressions
from workflows.understanding.anchors import Seen, anchors, first_words, only_words, seen
from workflows.understanding.anchors import vocabulary as words_in
from workflows.understanding.readings import Urgency

_GAP = r" (?:\w[\w.:/]* ){0,3}"
FOLDERS = ("clinical", "figures", "phrases", "conversation")
_RULES = {"phrases": "intent", "conversation": "said"}  # clinical rules begin with their tier
WELL = "doing_well"  # the label of figures that tell of health
_CLOSED = 160  # characters of a message that may be nothing but a short answer


# Of a line: what `Pattern.needs` and `Pattern.firsts` say.
_Facts = tuple[tuple[frozenset[str], ...], frozenset[str]]


@dataclass(frozen=True)
class Pattern:
    """One line of a lexicon, compiled when a text first holds its anchor words."""

    line: str
    whole: bool = False

    @property
    def source(self) -> str:
        """The line as a regular expression: the whole text, or whole words of it."""
        return f"^(?:{self.line})(?: [.?,])*$" if self.whole else rf"(?<![\w$])(?:{self.line})(?!\w)"

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Words of which a text must hold one of each set before the line is worth trying."""
        return self._facts[0]

    @cached_property
    def firsts(self) -> frozenset[str]:
        """The words that the line can begin with; none when they are not known."""
        return self._facts[1]

    @cached_property
    def _facts(self) -> _Facts:
        return _built_in().get(self.line) or _facts(self.line)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The line as a compiled expression."""
        return expressions.compiled(self.source)

    @cached_property
    def only(self) -> frozenset[str]:
        """Of a line that must be the whole text: all the words that the text may hold; none when they are not known."""
        return only_words(self.line) if self.whole else frozenset()

    def spans(self, seen: Seen) -> list[tuple[int, int]]:
        """Where the line matches a text; only where a word stands that it can begin with, when that is known."""
        if self.whole:
            if self.only and not self.only.issuperset(seen.text.split(" ")):
                return []
            return [whole.span()] if (whole := self.regex.match(seen.text)) else []
        if not self.firsts:
            return [match.span() for match in self.regex.finditer(seen.text)]
        text, places, match = seen.text, seen.places, self.regex.match
        return [
            found.span() for word in self.firsts & seen.words for start in places[word] if (found := match(text, start))
        ]


class Index:
    """Numbered lines, each under the dearest words that it cannot match without."""

    def __init__(self, lines: Iterable[tuple[int, Pattern]]) -> None:
        self._lines = tuple(lines)
        self._entries: dict[str, list[tuple[int, tuple[frozenset[str], ...]]]] = {}
        self._always = []  # lines without an anchor
        for at, (_, pattern) in enumerate(self._lines):
            if not pattern.needs:
                self._always.append(at)
            for word in pattern.needs[0] if pattern.needs else ():
                self._entries.setdefault(word, []).append((at, pattern.needs[1:]))
        self._words = frozenset(self._entries)

    def worth_trying(self, words: frozenset[str]) -> list[tuple[int, Pattern]]:
        """The lines whose every needed word a text with these words may hold, each once."""
        tried = set(self._always)
        for word in words & self._words:
            for at, needs in self._entries[word]:
                for need in needs:
                    if need.isdisjoint(words):
                        break
                else:
                    tried.add(at)
        return [self._lines[at] for at in tried]


@dataclass(frozen=True)
class Concept:
    """One entry of a lexicon: what it is called, how people write it, and when those words mean something else.

    `kind` is the folder it came from: clinical, figures, phrases or conversation. A figure (of speech) takes away the clinical
    hits that it touches: it guards all of their concepts at once; one labelled doing_well leaves emergencies alone. With
    `company` (data: "with"), the words count only where one of those lines stands in the message too: "i have a fever"
    with "had surgery monday".
    """

    kind: str
    name: str
    label: str
    tier: Urgency
    negatable: bool
    closed: bool
    contexts: frozenset[str | None]
    patterns: tuple[Pattern, ...]
    company: tuple[Pattern, ...]
    guards: tuple[Pattern, ...]
    examples: tuple[str, ...]
    counter: tuple[str, ...]

    @cached_property
    def rule(self) -> str:
        """Its name in a verdict's evidence."""
        return f"{_RULES.get(self.kind) or self.tier.value}.{self.name}"

    @cached_property
    def _guarded_by(self) -> Index:
        return Index(enumerate(self.guards))

    @cached_property
    def _accompanied_by(self) -> Index:
        return Index(enumerate(self.company))

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Spans of this concept in normal text, without those that a guard covers."""
        normal = seen(text)
        return self.unguarded([span for pattern in self.patterns for span in pattern.spans(normal)], normal)

    def unguarded(self, found: list[tuple[int, int]], text: Seen) -> list[tuple[int, int]]:
        """The found spans in order, without those that touch a guard's or lack the company they need."""
        if self.company and not any(_spans(self._accompanied_by, text)):
            return []
        found = sorted(set(found))
        covered = sorted(_spans(self._guarded_by, text))
        return _outside(found, covered) if covered else found


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept and where it stands in the normal text."""

    concept: Concept
    start: int
    end: int


class Lexicon:
    """Concepts, found through the words that their lines cannot match without. `version` names one that is not built in."""

    def __init__(self, concepts: Iterable[Concept], *, version: str = "") -> None:
        self.version = version
        self.concepts = tuple(concepts)
        self._fitting: dict[tuple[str | None, bool], frozenset[int]] = {}

    @property
    def unanchored(self) -> list[tuple[str, str]]:
        """Lines that every text pays for: (concept, line)."""
        return [(c.name, pattern.line) for c in self.concepts for pattern in c.patterns if not pattern.needs]

    def hits(self, text: str, context: str | None) -> list[Hit]:
        """Every hit of the concepts that fit the outstanding question, in the order of the concepts."""
        normal = seen(text)
        found: dict[int, list[tuple[int, int]]] = {}
        allowed = self._allowed(context, len(text) <= _CLOSED)
        for number, pattern in self._index.worth_trying(normal.words):
            if number in allowed and (spans := pattern.spans(normal)):
                found.setdefault(number, []).extend(spans)
        kept = {n: self.concepts[n].unguarded(spans, normal) for n, spans in sorted(found.items())}
        figures, well = self._figures(kept)
        return [
            Hit(concept, *span)
            for concept, spans in ((self.concepts[n], spans) for n, spans in kept.items())
            for span in _literal(concept, spans, figures, well)
        ]

    def _figures(self, kept: Mapping[int, list[tuple[int, int]]]) -> tuple[list[tuple[int, int]], ...]:
        """Where figures of speech stand, and where words that say that somebody is well."""
        figures: list[tuple[int, int]] = []
        well: list[tuple[int, int]] = []
        for concept, spans in ((self.concepts[n], spans) for n, spans in kept.items()):
            if concept.kind == "figures":
                (well if concept.label == WELL else figures).extend(spans)
        return sorted(figures), sorted(well)

    @cached_property
    def _index(self) -> Index:
        return Index((number, pattern) for number, c in enumerate(self.concepts) for pattern in c.patterns)

    def _allowed(self, context: str | None, short: bool) -> frozenset[int]:
        """The numbers of the concepts that a message under this question may hold."""
        if (context, short) not in self._fitting:
            self._fitting[context, short] = frozenset(
                number
                for number, concept in enumerate(self.concepts)
                if (not concept.contexts or context in concept.contexts) and (short or not concept.closed)
            )
        return self._fitting[context, short]


def _spans(lines: Index, text: Seen) -> Iterator[tuple[int, int]]:
    for _, pattern in lines.worth_trying(text.words):
        yield from pattern.spans(text)


def _literal(
    concept: Concept, spans: list[tuple[int, int]], figures: list[tuple[int, int]], well: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The spans that are meant: figures take away clinical ones; that somebody is well takes away no emergency."""
    if concept.kind != "clinical" or not (figures or well):
        return spans
    told = figures if concept.tier is Urgency.EMERGENCY else sorted(figures + well)
    return _outside(spans, told) if told else spans


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
    files = sorted((data_files.FOLDER / folder).glob("*.yaml"))
    return Lexicon(concept for path in files for concept in concepts(folder, data_files.parsed(path)))


@cache
def everything() -> Lexicon:
    """All lexicons as one: a text is looked through once."""
    return Lexicon(concept for folder in FOLDERS for concept in load(folder).concepts)


def keep_compiled() -> None:
    """Keep what all built-in lines compile to, for the processes to come."""
    expressions.keep(p.source for c in everything().concepts for p in (*c.patterns, *c.company, *c.guards))


def vocabulary() -> frozenset[str]:
    """Every whole word that a line of any lexicon writes out."""
    return derived.kept("vocabulary", _vocabulary)


def _vocabulary() -> frozenset[str]:
    return frozenset().union(*(words_in(p.line) for concept in everything().concepts for p in concept.patterns))


@cache
def _built_in() -> dict[str, _Facts]:
    """What is known of each line of the built-in lexicons."""
    return derived.kept("lines", _every_fact)


def _every_fact() -> dict[str, _Facts]:
    every = (p.line for c in everything().concepts for p in (*c.patterns, *c.company, *c.guards))
    return {line: _facts(line) for line in every}


def _facts(line: str) -> _Facts:
    return tuple(map(_shared, anchors(line))), _shared(first_words(line))


@cache
def _shared(words: frozenset[str]) -> frozenset[str]:
    """The same words as one object, and each word too: thousands of lines have them in common."""
    return frozenset(map(intern, words))


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
        company=_patterns(row.get("with", ""), macros, whole=False),
        guards=_patterns(row.get("guards", ""), macros, whole=False),
        examples=tuple(row.get("examples", ())),
        counter=tuple(row.get("counter", ())),
    )


def _patterns(lines: str, macros: Mapping[str, str], *, whole: bool) -> tuple[Pattern, ...]:
    expanded = [_expand(line.strip(), macros) for line in lines.splitlines() if line.strip()]
    return tuple(_pattern(line, whole=whole) for line in expanded)


@cache
def _pattern(line: str, *, whole: bool) -> Pattern:
    return Pattern(line, whole)


def _expand(line: str, macros: Mapping[str, str]) -> str:
    if re.search(r"(?<!\\)\.[*+]|\)[*+](?!\?)", line.replace(")*$", ")$")):
        raise ValueError(f"unbounded repeat in lexicon pattern: {line}")
    for _ in range(2):  # a macro may name another one
        line = re.sub(r"\{([a-z_]+)\}", lambda m: macros[m.group(1)], line)
    line = line.replace(" ~ ", _GAP)
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", line)
