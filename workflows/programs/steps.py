"""The steps of a program, one class a kind. A step is exactly one kind; everything it names is a closed set or another step."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from workflows.programs.vocabulary import (
    Anchor,
    Arrival,
    Context,
    Digit,
    Due,
    Duration,
    EventName,
    FactName,
    Intent,
    Outcome,
    Priority,
    Slug,
)

KINDS = ("ask", "send", "wait", "branch", "book", "case", "outcome")
MOST_SLOTS = 5


def _names(value: object) -> object:
    """YAML reads `1:` as a number; answers are names."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


Answers = Annotated[dict[Digit | Intent | Arrival | EventName, Slug], BeforeValidator(_names)]
Exits = Annotated[dict[Slug | EventName, Slug], BeforeValidator(_names)]
Field_ = Annotated[str, Field(pattern=r"^(score|form\.[a-z][a-z0-9_]{0,39}|fact\.[a-z_]{1,40})$")]


class Part(BaseModel):
    """Any piece of a program file: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class CaseSpec(Part):
    """Work for a person: of this kind, for this team, due by the team's business time."""

    kind: Slug
    team: Slug
    priority: Priority = "normal"
    due: Due


class Moment(Part):
    """A time before or after something dated: `days` at the window's opening that day (0 = the day itself), or exact `hours`."""

    before: Anchor | None = None
    after: Anchor | None = None
    days: Annotated[int, Field(ge=0, le=400)] | None = None
    hours: Annotated[int, Field(ge=1, le=168)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.before is None) == (self.after is None):
            raise ValueError("say either before or after")
        if (self.days is None) == (self.hours is None):
            raise ValueError("say either days or hours")
        if self.days == 0 and self.after is not None:
            raise ValueError("the opening of the day itself may be before it: say hours")
        return self

    @property
    def anchor(self) -> Anchor:
        """What it is counted from."""
        return self.before or self.after or "appointment"


class Until(Part):
    """A wait to a time instead of for a time; `otherwise` is how long to wait when the patient named no date."""

    until: Moment | Literal["named_date"]
    otherwise: Duration = "30d"


class AskStep(Part):
    """Send a text and wait for the answer; `silence` is where nobody answering leads after `wait`.

    `answer` texts answer the patient's own words: no touch, no cap. `form` puts a form's link in {link}; `slots` offers that many
    free times in {slots}, and a digit among them is the answer `slot`. Opt-out, clinical concern, wrong number and death are
    not answers here: the engine treats them before any step.
    """

    ask: Slug
    context: Context | None = None
    at: Moment | None = None
    wait: Duration
    on: Answers
    silence: Slug
    answer: bool = False
    form: Slug | None = None
    slots: Annotated[int, Field(ge=1, le=MOST_SLOTS)] | None = None


class SendStep(Part):
    """Send a text that asks nothing, and go on at once. A touch, unless it answers the patient's own words."""

    send: Slug
    at: Moment | None = None
    then: Slug
    answer: bool = False
    form: Slug | None = None


class WaitStep(Part):
    """Let time pass; what the patient says meanwhile goes to a person."""

    wait: Duration | Until
    on: Exits = Field(default_factory=dict)
    then: Slug


class Arm(Part):
    """One way out of a branch: exactly one comparison. Numbers compare as numbers; a missing value matches nothing."""

    at_most: float | None = None
    at_least: float | None = None
    is_: Annotated[str | list[str] | None, Field(alias="is")] = None
    to: Slug

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.at_most, self.at_least, self.is_)) != 1:
            raise ValueError("say exactly one of at_most, at_least, is")
        return self

    def holds(self, value: str | None) -> bool:
        """Whether this arm is the way for `value`."""
        if value is None:
            return False
        if self.is_ is not None:
            return value in ([self.is_] if isinstance(self.is_, str) else self.is_)
        try:
            number = float(value)
        except ValueError:
            return False
        return number <= self.at_most if self.at_most is not None else number >= (self.at_least or 0)


class BranchStep(Part):
    """Go by a score, an answer of a form or a fact: the first arm that holds, else `otherwise`."""

    branch: Field_
    when: Annotated[list[Arm], Field(min_length=1)]
    otherwise: Slug

    @model_validator(mode="after")
    def _known(self) -> Self:
        kind, _, name = self.branch.partition(".")
        if kind == "fact" and name not in FactName.__args__:  # type: ignore[attr-defined]  # a Literal has them
            raise ValueError(f"there is no fact '{name}'; known: {', '.join(FactName.__args__)}")  # type: ignore[attr-defined]
        return self


class BookStep(Part):
    """Book the time the patient chose, without a person; the EHR's read-back decides which way it goes on."""

    book: Literal["slot"]
    on: Annotated[dict[Literal["booked", "taken"], Slug], Field(min_length=2)]


class CaseStep(Part):
    """Hand over to a person; `on` maps dispositions and EHR events to steps, `then` is for every other closing."""

    case: CaseSpec
    on: Exits = Field(default_factory=dict)
    then: Slug | None = None


class OutcomeStep(Part):
    """The end."""

    outcome: Outcome


def _kind(value: object) -> str | None:
    """An ask has a `wait` of its own, which does not make it a wait."""
    if not isinstance(value, dict):
        return next((kind for kind in KINDS if hasattr(value, kind)), None)
    found = [kind for kind in KINDS if kind in value]
    if found[:1] == ["ask"]:
        found = [kind for kind in found if kind != "wait"]
    return found[0] if len(found) == 1 else None


Step = Annotated[
    Annotated[AskStep, Tag("ask")]
    | Annotated[SendStep, Tag("send")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[BookStep, Tag("book")]
    | Annotated[CaseStep, Tag("case")]
    | Annotated[OutcomeStep, Tag("outcome")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="A step is exactly one of: ask, send, wait, branch, book, case, outcome",
    ),
]
