"""Grammar 1 of a program file: steps and texts in one YAML, read strictly, frozen once read."""

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from core.errors import Misconfigured
from workflows import texts
from workflows.programs import source
from workflows.programs.vocabulary import (
    Context,
    Digit,
    Due,
    Duration,
    EventName,
    Intent,
    Language,
    Outcome,
    Priority,
    Slug,
)

_KINDS = ("ask", "case", "outcome")


def _names(value: object) -> object:
    """YAML reads `1:` as a number; answers are names."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


Answers = Annotated[dict[Digit | Intent, Slug], BeforeValidator(_names)]
Exits = Annotated[dict[Slug | EventName, Slug], BeforeValidator(_names)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Trigger(_Part):
    """What enrols a patient: an EHR event no older than `fresh`, or a cohort. Exactly one."""

    event: EventName | None = None
    fresh: Duration | None = None
    cohort: str | None = None
    delay: Duration | None = None
    again_after: Duration | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.event is None) == (self.cohort is None):
            raise ValueError("trigger needs either event or cohort")
        return self


class OpenTo(_Part):
    sources: list[str] | None = None
    sites: list[str] | None = None
    segments: list[str] | None = None


class Goal(_Part):
    """What success is: `appointment` in this state `within` the time from enrolment."""

    appointment: Literal["booked", "confirmed", "fulfilled"]
    within: Duration


class CaseSpec(_Part):
    """Work for a person: of this kind, for this team, due by the team's business time."""

    kind: Slug
    team: Slug
    priority: Priority = "normal"
    due: Due


class Blocked(_Part):
    """What a touch becomes when a cap or window blocks it; `on` maps that case's dispositions to steps."""

    case: CaseSpec
    on: Exits = Field(default_factory=dict)


class Before(_Part):
    """A time before the appointment: `days` at the window's opening that day, or exact `hours`. Exactly one."""

    before: Literal["appointment"]
    days: Annotated[int, Field(ge=1, le=60)] | None = None
    hours: Annotated[int, Field(ge=1, le=72)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.days is None) == (self.hours is None):
            raise ValueError("at needs either days or hours")
        return self


class AskStep(_Part):
    """Send a text and wait for the answer; `silence` is where nobody answering leads after `wait`.

    Opt-out, clinical concern, wrong number and death are not answers here: the engine treats them before any step.
    """

    ask: Slug
    context: Context | None = None
    at: Before | None = None
    wait: Duration
    on: Answers
    silence: Slug


class CaseStep(_Part):
    """Hand over to a person; `on` maps dispositions and EHR events to steps, `then` is for every other closing."""

    case: CaseSpec
    on: Exits = Field(default_factory=dict)
    then: Slug | None = None


class OutcomeStep(_Part):
    """The end."""

    outcome: Outcome


def _kind(value: object) -> str | None:
    if isinstance(value, dict):
        found = [kind for kind in _KINDS if kind in value]
        return found[0] if len(found) == 1 else None
    return next((kind for kind in _KINDS if hasattr(value, kind)), None)


Step = Annotated[
    Annotated[AskStep, Tag("ask")] | Annotated[CaseStep, Tag("case")] | Annotated[OutcomeStep, Tag("outcome")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="A step is exactly one of: ask, case, outcome",
    ),
]


class Program(_Part):
    """A whole program; the first step is the one written first."""

    grammar: Literal[1]
    program: Slug
    title: str
    purpose: str
    consent: Literal["care", "marketing"] = "care"
    sensitive: list[Slug] = Field(default_factory=list)
    clinical: bool = False
    channels: Annotated[list[Literal["text"]], Field(min_length=1)] = ["text"]
    open_to: OpenTo = OpenTo()
    pre_check: list[str] = Field(default_factory=list)
    review: list[Outcome] = Field(default_factory=list)
    trigger: Trigger
    goal: Goal
    stop_on: dict[EventName, Outcome]
    touch_blocked: Blocked
    touch_failed: CaseSpec = CaseSpec(kind="missing_contact", team="patient_access", due="1 business day")
    steps: Annotated[dict[Slug, Step], Field(min_length=1)]
    texts: dict[Slug, dict[Language, str]]

    @property
    def first(self) -> str:
        """The step an enrollment enters."""
        return next(iter(self.steps))

    @cached_property
    def digest(self) -> str:
        """What makes this snapshot the same as another."""
        return digest(self)

    def say(self, key: str, language: str, **values: str) -> str:
        """The program's own text, filled. Raises Untranslated: never silent English (P8)."""
        return texts.fill(texts.variant(self.texts.get(key, {}), key, language), **values)


def parse(text: str) -> Program:
    """Read one program file; Misconfigured names each place that is wrong."""
    try:
        return Program.model_validate(source.read(text))
    except yaml.YAMLError as error:
        raise Misconfigured("The program file is not valid YAML", fix=" ".join(str(error).split())) from error
    except ValidationError as error:
        raise Misconfigured("The program file does not follow grammar 1", fix="; ".join(complaints(error))) from error


def load(path: Path) -> Program:
    """Read a program from its file. Raises Misconfigured."""
    return parse(path.read_text("utf-8"))


def complaints(error: ValidationError) -> list[str]:
    """One line a place, "steps.first.wait: Field required"; never the value itself."""
    return [
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors(include_input=False)
    ]


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a program file, for editors."""
    return Program.model_json_schema(by_alias=True)


def digest(program: Program) -> str:
    """SHA-256 of the canonical form: equal when two files mean the same, however they are written.

    Which step is first is part of it; the order of the others is not.
    """
    canonical = {"first": program.first, **program.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def duration(text: str) -> tuple[int, Literal["d", "h", "m"]]:
    """("2d") → (2, "d"). Raises Misconfigured."""
    match = re.fullmatch(r"([1-9]\d{0,2})([dhm])", text)
    if match is None:
        raise Misconfigured(f"'{text}' is not a duration", fix="Write it like 2d, 36h or 20m.")
    unit: Literal["d", "h", "m"] = match[2]  # type: ignore[assignment]  # the pattern allows no other
    return int(match[1]), unit
