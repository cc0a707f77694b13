"""An organisation's own lexicon over the built-in one: more concepts, more words for those there are, higher tiers, guards.

The file is in the pattern language of the built-in lexicons (docs/lexicon.md). It may add and raise; it cannot take an
emergency or an opt-out away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Misconfigured
from workflows.understanding import intents, lexicon
from workflows.understanding.labels import LABELS
from workflows.understanding.lexicon import Concept, Lexicon
from workflows.understanding.readings import Urgency

OWN = "own."  # before the name of a concept of the organisation's: its rule ids say whose it is
GRAMMAR = 1
Tier = Literal["emergency", "urgent", "clinical", "admin", "none"]


class Entry(BaseModel):
    """One concept: new under `concept`, or more words for a built-in one under `extends`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concept: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{0,39})?$")
    extends: str = ""
    kind: Literal["clinical", "phrases"] | None = None
    label: str | None = None
    tier: Tier | None = None
    negatable: bool | None = None
    closed: bool | None = None
    contexts: tuple[str | None, ...] = ()
    en: str = ""
    es: str = ""
    guards: str = ""
    examples: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the file names it."""
        return self.extends or self.concept or "?"

    @property
    def adds(self) -> bool:
        """Whether it has pattern lines of its own."""
        return bool((self.en + self.es).strip())


class Overlay(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overlay: Literal[1]
    macros: dict[str, str] = {}
    concepts: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """One entry made into a concept, with the built-in one that it changes."""

    entry: Entry
    base: Concept | None
    concept: Concept


def parse(source: str) -> Overlay:
    """The file as data. Raises Misconfigured with the first fault in words."""
    try:
        return Overlay.model_validate(yaml.safe_load(source))
    except yaml.YAMLError as error:
        raise Misconfigured("the file is not YAML", fix=f"Mend it: {str(error).splitlines()[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise Misconfigured(f"{where}: {first['msg']}", fix="docs/lexicon.md shows the file.") from error


def compiled(overlay: Overlay, *, version: str, skipped: list[str] | None = None) -> Lexicon:
    """The built-in lexicon with this one over it; its readings name `version`.

    An entry that cannot be used raises Misconfigured; with `skipped` it is named there and left out, so that a file made for
    another version of Careloop never stops a text from being read.
    """
    known = {concept.name: concept for concept in lexicon.everything().concepts}
    for entry in overlay.concepts:
        try:
            made = build(entry, overlay.macros, known)
        except Misconfigured:
            if skipped is None:
                raise
            skipped.append(entry.name)
        else:
            known[made.concept.name] = made.concept
    return Lexicon(known.values(), version=version)


def nothing(version: str) -> Lexicon:
    """The built-in lexicon alone, under the name of one that cannot be used."""
    return Lexicon(lexicon.everything().concepts, version=version)


def build(entry: Entry, macros: dict[str, str], known: dict[str, Concept]) -> Built:
    """One entry as a concept over those known so far. Raises Misconfigured when it may not be, or cannot be compiled."""
    base = known.get(entry.extends) if entry.extends else None
    for fault in _faults(entry, base, known):
        raise Misconfigured(f"{entry.name}: {fault}", fix="docs/lexicon.md says what a file may do.")
    part = _part(entry, macros, base)
    if base is None:
        return Built(entry, None, replace(part, name=OWN + part.name))
    tier = part.tier if entry.tier else base.tier
    merged = replace(base, tier=tier, patterns=base.patterns + part.patterns, guards=base.guards + part.guards)
    return Built(entry, base, merged)


def _part(entry: Entry, macros: dict[str, str], base: Concept | None) -> Concept:
    kind = base.kind if base else entry.kind or "clinical"
    row: dict[str, Any] = {
        "concept": entry.name, "label": entry.label, "tier": entry.tier or "admin", "en": entry.en, "es": entry.es,
        "guards": entry.guards, "negatable": entry.negatable, "contexts": entry.contexts, "examples": entry.examples,
        "counter": entry.counter, "closed": base.closed if base else entry.closed,
    }  # fmt: skip
    try:
        return lexicon.concepts(kind, {"macros": macros, "concepts": [row]})[0]
    except KeyError as error:
        raise Misconfigured(f"{entry.name}: there is no macro {error}", fix="Write it under macros.") from error
    except (ValueError, IndexError) as error:
        raise Misconfigured(f"{entry.name}: {error}", fix="Write the line otherwise (docs/lexicon.md).") from error


def _faults(entry: Entry, base: Concept | None, known: dict[str, Concept]) -> Iterator[str]:
    if bool(entry.concept) == bool(entry.extends):
        yield "name either a new concept or the built-in one that it extends"
    elif entry.extends:
        yield from _faults_of_extension(entry, base)
    else:
        yield from _faults_of_new(entry, known)


def _faults_of_extension(entry: Entry, base: Concept | None) -> Iterator[str]:
    if base is None or base.kind not in ("clinical", "phrases"):
        yield f"there is no built-in concept {entry.extends}"
        return
    if entry.kind or entry.label or entry.closed is not None or entry.negatable is not None or entry.contexts:
        yield "only words, guards and a higher tier can be added to a built-in concept"
    if entry.tier and Urgency(entry.tier).weight <= base.tier.weight:
        yield f"a tier can only be raised, and {entry.extends} is {base.tier.value} already"
    if entry.tier and base.kind != "clinical":
        yield "only a clinical concept has a tier to raise"
    if entry.guards.strip() and (base.tier is Urgency.EMERGENCY or base.label == "opt_out"):
        yield "no guard may silence a built-in emergency or opt-out"
    if entry.adds and base.label in silencing():
        yield f"words for {base.label} would switch opt-outs off"


def _faults_of_new(entry: Entry, known: dict[str, Concept]) -> Iterator[str]:
    if entry.concept in known or OWN + entry.concept in known:
        yield "there is a concept of this name: extend it, or choose another name"
    if entry.kind is None or entry.label is None or entry.tier is None:
        yield "a new concept needs kind, label and tier"
    elif (entry.kind == "clinical") != (Urgency(entry.tier).weight >= Urgency.CLINICAL.weight):
        yield "a clinical concept is emergency, urgent or clinical; a phrase is admin or none"
    if entry.label and entry.label not in LABELS:
        yield f"there is no label {entry.label}"
    if entry.label in silencing():
        yield f"a phrase of the label {entry.label} would switch opt-outs off"
    if not entry.adds:
        yield "it has no pattern line"


def silencing() -> frozenset[str]:
    """Labels that would take an opt-out's place, or take it back."""
    return intents.beating("opt_out") | {"opt_in"}
