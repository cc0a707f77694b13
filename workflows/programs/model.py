"""Grammar 1 of a program file: steps and texts in one YAML, read strictly, frozen once read."""

import hashlib
import json
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from workflows import texts
from workflows.programs import source
from workflows.programs.steps import (
    AskStep,
    BookStep,
    BranchStep,
    CaseSpec,
    CaseStep,
    Exits,
    Moment,
    OutcomeStep,
    Part,
    SendStep,
    Step,
    Until,
    WaitStep,
)
from workflows.programs.vocabulary import Channel, Check, Duration, EventName, Language, Outcome, Slug

__all__ = [
    "AskStep",
    "BookStep",
    "BranchStep",
    "CaseSpec",
    "CaseStep",
    "Measure",
    "Moment",
    "OutcomeStep",
    "Program",
    "SendStep",
    "Until",
    "WaitStep",
    "complaints",
    "digest",
    "duration",
    "load",
    "parse",
    "schema",
]
USUAL_DAYS, WIDEST_DAYS = 30, 120
"""The long window of figures where a program says nothing, and the most that it may say: what is looked at longer is told too late."""


class Window(Part):
    """Due so long after a dated record with no such event since: 11 months after the last wellness visit."""

    after: Slug
    days: Annotated[int, Field(ge=1, le=1500)] | None = None
    months: Annotated[int, Field(ge=1, le=48)] | None = None
    unless: EventName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.days is None) == (self.months is None):
            raise ValueError("say either days or months")
        return self


class Trigger(Part):
    """What enrols a patient: an event no older than `fresh`, a cohort, or a time window. Exactly one.

    `delay` lets time pass between the event and the first step; `again_after` is how long a patient is left alone by this
    program after it last started with them.
    """

    event: EventName | None = None
    fresh: Duration | None = None
    cohort: str | None = None
    window: Window | None = None
    delay: Duration | None = None
    again_after: Duration | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(way is not None for way in (self.event, self.cohort, self.window)) != 1:
            raise ValueError("trigger needs exactly one of event, cohort, window")
        return self


class OpenTo(Part):
    """Where the program may start (S98): these sources, sites, segments; a list left out means all."""

    sources: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    segments: tuple[str, ...] | None = None


class Goal(Part):
    """What success is, `within` the time from enrolment: the visit in this state, or the program ended this way."""

    appointment: Literal["booked", "confirmed", "fulfilled"] | None = None
    outcome: Outcome | None = None
    within: Duration

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.appointment is None) == (self.outcome is None):
            raise ValueError("goal needs either appointment or outcome")
        return self


class Measure(Part):
    """How figures count its runs: `from` is where their windows begin, the start or the first text that left; `days` is the long window,
    that of completion and of cases (docs/kpis.md). It is only ever widened: a shorter one would flatter nobody but us.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[Literal["start", "first_text"], Field(alias="from")] = "start"
    days: Annotated[int, Field(ge=USUAL_DAYS, le=WIDEST_DAYS)] = USUAL_DAYS


class Blocked(Part):
    """What a touch becomes when a cap or window blocks it; `on` maps that case's dispositions to steps."""

    case: CaseSpec
    on: Exits = Field(default_factory=dict)


class Program(Part):
    """A whole program; the first step is the one written first.

    `clinical`: texts leave only on EHR facts of the last minute. `channels` is the allow-list and the order of preference.
    `priority`: which program's question goes first where several wait for one patient (1 before 9). `review`: outcomes
    that a person confirms while the program is a pilot (S99).
    """

    grammar: Literal[1]
    program: Slug
    title: str
    purpose: str
    consent: Literal["care", "marketing"] = "care"
    sensitive: tuple[Slug, ...] = ()
    clinical: bool = False
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("text",)
    priority: Annotated[int, Field(ge=1, le=9)] = 5
    touches: Annotated[int, Field(ge=1, le=3)] = 3
    open_to: OpenTo = OpenTo()
    pre_check: tuple[Check, ...] = ()
    review: tuple[Outcome, ...] = ()
    trigger: Trigger
    goal: Goal
    measure: Measure = Measure()
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
    def goes_by(self) -> frozenset[str]:
        """What its steps go by besides the patient's words: anchors of times, "form", "fact", "score"."""
        moments = [found.at for found in self.steps.values() if isinstance(found, AskStep | SendStep) and found.at]
        waits = [
            found.wait.until
            for found in self.steps.values()
            if isinstance(found, WaitStep) and isinstance(found.wait, Until)
        ]
        moments += [until for until in waits if isinstance(until, Moment)]
        branches = [found.branch.partition(".")[0] for found in self.steps.values() if isinstance(found, BranchStep)]
        return frozenset([moment.anchor for moment in moments] + branches)

    @cached_property
    def digest(self) -> str:
        """What makes this snapshot the same as another."""
        return digest(self)

    def say(self, key: str, language: str, **values: str) -> str:
        """The program's own text, filled. Raises Untranslated: never silent English (P8)."""
        return texts.fill(texts.variant(self.texts.get(key, {}), key, language), **values)


@lru_cache(maxsize=256)
def parse(text: str, *, name: str = "program") -> Program:
    """Read one program file, the same text once a process; Misconfigured names the file, and each place that is wrong with its line."""
    try:
        return Program.model_validate(source.read(text))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{name} is not valid YAML", fix=" ".join(str(error).split())) from error
    except ValidationError as error:
        wrong = (f"line {source.line_of(text, say.partition(':')[0])}: {say}" for say in complaints(error))
        raise Misconfigured(f"{name} does not follow grammar 1", fix="; ".join(wrong)) from error


def load(path: Path) -> Program:
    """Read a program from its file. Raises Misconfigured."""
    return parse(path.read_text("utf-8"), name=path.name)


def complaints(error: ValidationError) -> list[str]:
    """One line a place, "steps.first.wait: Field required"; never the value itself.

    A name that fits none of the closed sets of `on` is one complaint, not one for each set.
    """
    found: list[str] = []
    for item in error.errors(include_input=False):
        path = [str(part) for part in item["loc"]]
        if "[key]" in path:
            path = path[: path.index("[key]")]
            found.append(f"{'.'.join(path)}: '{path[-1]}' is no digit, intent, arrival or event that can be answered")
        else:
            found.append(f"{'.'.join(path)}: {item['msg']}")
    return list(dict.fromkeys(found))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a program file, for editors."""
    return Program.model_json_schema(by_alias=True)


def schema_text() -> str:
    """The same as it is kept in docs/program.schema.json."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def digest(program: Program) -> str:
    """SHA-256 of the canonical form: equal when two files mean the same, however they are written.

    Which step is first is part of it; the order of the others is not. The usual measure is as none, which it was before there was one.
    """
    usual = {"measure"} if program.measure == Measure() else set()
    canonical = {"first": program.first, **program.model_dump(mode="json", exclude=usual)}
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def duration(text: str) -> tuple[int, Literal["d", "h", "m", "bd"]]:
    """("2d") → (2, "d"). Raises Misconfigured."""
    match = re.fullmatch(r"([1-9]\d{0,2})(d|h|m|bd)", text)
    if match is None:
        raise Misconfigured(f"'{text}' is not a duration", fix="Write it like 2d, 3bd, 36h or 20m.")
    unit: Literal["d", "h", "m", "bd"] = match[2]  # type: ignore[assignment]  # the pattern allows no other
    return int(match[1]), unit
