"""The approved answers as data: which question each answers, whose it is and until when it may be given. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from workflows import texts
from workflows.programs import source
from workflows.programs.model import CaseSpec, complaints
from workflows.programs.vocabulary import Language, Slug
from workflows.understanding.normalise import normal_form

FILE = Path(__file__).with_name("library.yaml")


class Entry(BaseModel):
    """One approved answer. Past `expires_on` it is not given; with `case` a person also gets work."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str
    owner: Slug
    expires_on: date
    patterns: Annotated[dict[Language, list[str]], Field(min_length=1)]
    texts: Annotated[dict[Language, str], Field(min_length=1)]
    form: Slug | None = None
    case: CaseSpec | None = None
    examples: Annotated[list[str], Field(min_length=1)]
    counter: list[str]
    approved_by: str | None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for pattern in (one for patterns in self.patterns.values() for one in patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is no pattern: {error}") from None
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders that must have a value before it can be given."""
        return frozenset(name for text in self.texts.values() for name in texts.placeholders(text))


@dataclass(frozen=True, slots=True)
class Library:
    """The answers by key, and what no machine may answer whatever else is asked."""

    answers: Mapping[str, Entry]
    never: tuple[str, ...]

    def match(self, text: str) -> str | None:
        """The key of the one answer that fits; None when none does, when two do, or when the text is about the body (C1)."""
        said = normal_form(text).normal
        if self.forbids(said):
            return None
        found = [key for key, entry in self.answers.items() if _hits(_all(entry), said)]
        return found[0] if len(found) == 1 else None

    def forbids(self, said: str) -> bool:
        """Whether a text in normal form holds a word that only a person may answer."""
        return _hits(self.never, said)

    def with_changes(self, changes: Mapping[str, Any]) -> "Library":
        """An organisation's own answers over these; None takes an answer away. Raises Misconfigured."""
        kept = {key: entry for key, entry in self.answers.items() if key not in changes}
        own = read({"answers": {key: raw for key, raw in changes.items() if raw is not None}})
        return Library({**kept, **own.answers}, self.never)


def read(raw: Any) -> Library:
    """A library from a file's plain data. Raises Misconfigured with each place that is wrong."""
    try:
        found = _File.model_validate(raw)
    except ValidationError as error:
        raise Misconfigured("The approved answers cannot be read", fix="; ".join(complaints(error))) from error
    return Library(found.answers, tuple(found.never))


@lru_cache(maxsize=1)
def built_in() -> Library:
    """The answers that come with Careloop."""
    return read(source.read(FILE.read_text("utf-8")))


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    never: list[str] = Field(default_factory=list)
    answers: dict[Slug, Entry]


def _all(entry: Entry) -> Iterable[str]:
    return (pattern for patterns in entry.patterns.values() for pattern in patterns)


def _hits(patterns: Iterable[str], said: str) -> bool:
    return any(_compiled(pattern).search(said) for pattern in patterns)


@lru_cache(maxsize=2_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")
