import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflows.understanding.readings import Urgency

_GAP = r" (?:\w[\w.:/]* ){0,3}"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a lexicon: what it is called, how people write it, and when those words mean something else."""

    name: str
    label: str
    tier: Urgency
    negatable: bool
    closed: bool
    contexts: frozenset[str]
    pattern: str
    guard: str
    examples: tuple[str, ...]
    counter: tuple[str, ...]
    spanish: str

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Spans of this concept in normal text, without those that a guard covers."""
        found = [m.span() for m in _compiled(self.pattern).finditer(text)]
        if not found or not self.guard:
            return found
        guards = [m.span() for m in _compiled(self.guard).finditer(text)]
        return _outside(found, guards)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Concepts of one file and, per tier, one alternation that says in one pass whether any may be present."""

    concepts: tuple[Concept, ...]
    gates: tuple[tuple[re.Pattern[str], tuple[Concept, ...]], ...]

    def hits(self, text: str) -> list[tuple[Concept, int, int]]:
        """Every hit of every concept; the gate spares the concepts when nothing of the tier is there."""
        return [
            (concept, start, end)
            for gate, concepts in self.gates
            if gate.search(text)
            for concept in concepts
            for start, end in concept.hits(text)
        ]


def _outside(found: list[tuple[int, int]], guards: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept, g = [], 0
    for start, end in found:  # both lists are in order: one walk over each
        while g < len(guards) and guards[g][1] <= start:
            g += 1
        if g == len(guards) or guards[g][0] >= end:
            kept.append((start, end))
    return kept


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def load(name: str) -> Lexicon:
    """A lexicon by file name ("lexicon.yaml"), parsed and compiled once a process.

    Pattern lines: words as they stand in normal text; `a ~ b` lets up to three words stand between; `{x}` is a macro
    of the file; the rest is a regular expression without captures. No unbounded repeat is allowed: `ValueError`.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load((_FOLDER / name).read_text("utf-8"), Loader=loader)  # noqa: S506  a safe loader
    macros = {key: _expand(value, {}) for key, value in data.get("macros", {}).items()}
    concepts = tuple(_concept(row, macros) for row in data["concepts"])
    tiers: dict[Urgency, list[Concept]] = {}
    for concept in concepts:
        tiers.setdefault(concept.tier, []).append(concept)
    gates = tuple((re.compile("|".join(c.pattern for c in group)), tuple(group)) for group in tiers.values())
    return Lexicon(concepts, gates)


def _concept(row: dict[str, Any], macros: dict[str, str]) -> Concept:
    closed = bool(row.get("closed", False))
    return Concept(
        name=row["concept"],
        label=row.get("label", row["concept"]),
        tier=Urgency(row.get("tier", "admin")),
        negatable=bool(row.get("negatable", False)),
        closed=closed,
        contexts=frozenset(row.get("contexts", ())),
        pattern=_joined(row.get("en", "") + "\n" + row.get("es", ""), macros, whole=closed),
        guard=_joined(row.get("guards", ""), macros, whole=False),
        examples=tuple(row.get("examples", ())),
        counter=tuple(row.get("counter", ())),
        spanish=_joined(row.get("es", ""), macros, whole=closed),
    )


def _joined(lines: str, macros: dict[str, str], *, whole: bool) -> str:
    parts = [_expand(line.strip(), macros) for line in lines.splitlines() if line.strip()]
    if not parts:
        return ""
    body = "(?:" + "|".join(parts) + ")"
    return f"^{body}(?: [.?])*$" if whole else rf"(?<![\w$]){body}(?!\w)"


def _expand(line: str, macros: dict[str, str]) -> str:
    if re.search(r"(?<!\\)\.[*+]|\)[*+](?!\?)", line.replace(")*$", ")$")):
        raise ValueError(f"unbounded repeat in lexicon pattern: {line}")
    line = re.sub(r"\{([a-z_]+)\}", lambda m: macros[m.group(1)], line)
    line = line.replace(" ~ ", _GAP)
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", line)
