"""A cohort's rule: who can be meant, what their chart must show, and what takes them out again. Read strictly, frozen once read."""

import re
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from workflows.cohorts.periods import Span
from workflows.programs import source

CPT = "http://www.ama-assn.org/go/cpt"
SYSTEMS = {
    "snomed": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "cdt": "http://www.ada.org/cdt",
    "cpt": CPT,
}


def _span(text: str) -> str:
    Span.parse(text)
    return text


Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z -]{0,40}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:/-]{0,30}$")]
Period = Annotated[str, AfterValidator(_span)]
Resource = Literal["Condition", "Observation", "Encounter", "Procedure", "Appointment"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)


class Age(_Part):
    """Whole years today, both ends included."""

    from_: Annotated[int, Field(alias="from", ge=0, le=130)] = 0
    to: Annotated[int, Field(ge=0, le=130)] = 130

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.from_ > self.to:
            raise ValueError("age: from is more than to")
        return self


class Base(_Part):
    """Whom the rule can mean at all. The dead and those whose chart is inactive are never meant."""

    age: Age | None = None
    sex: Literal["female", "male", "other", "unknown"] | None = None


class Codes(_Part):
    """Codes of one system, listed or by prefix. `system` is an address or one of the short names in SYSTEMS."""

    system: str
    in_: Annotated[tuple[Code, ...], Field(alias="in")] = ()
    prefix: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.in_ and not self.prefix:
            raise ValueError("codes: name some, with in or prefix")
        if self.system not in SYSTEMS and not re.match(r"(https?://|urn:)\S+$", self.system):
            raise ValueError(f"system: {', '.join(sorted(SYSTEMS))}, or the system's own address")
        return self

    @property
    def url(self) -> str:
        """The system as the chart writes it."""
        return SYSTEMS.get(self.system, self.system)


class Rule(_Part):
    """A record in the chart: of this type, any of these codes, in one of these states, dated so. `name` is what the funnel calls it.

    `within: P6M` is since that day six months ago; `older_than` is before it; both make a window; `ahead: P60D` is from now on
    until the end of that day. `types` are an appointment's kinds as the EHR writes them, in any case.
    """

    name: Slug
    resource: Resource
    codes: tuple[Codes, ...] = ()
    types: tuple[str, ...] = ()
    status: tuple[Word, ...] = ()
    class_: Annotated[tuple[Word, ...], Field(alias="class")] = ()
    date: Literal["start", "end", "recorded"] = "start"
    within: Period | None = None
    older_than: Period | None = None
    ahead: Period | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ahead and (self.within or self.older_than):
            raise ValueError("ahead looks forward; within and older_than look back: not both")
        if self.resource == "Appointment" and (self.codes or self.class_ or self.date == "recorded"):
            raise ValueError("an Appointment has types, status and times; no codes, class or recorded date here")
        if self.resource != "Appointment" and self.types:
            raise ValueError("types are of an Appointment; use codes")
        if self.class_ and self.resource != "Encounter":
            raise ValueError("class is of an Encounter")
        return self


class Cohort(_Part):
    """A whole rule. All of `require` must be found, and none of `exclude`."""

    cohort: Slug
    title: Annotated[str, Field(max_length=80)]
    why: str
    program: Slug | None = None
    base: Base = Base()
    require: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    reentry: Period | Literal["never"] = "P6M"
    max_size: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    stale_after: Period = "P2D"

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [rule.name for rule in (*self.require, *self.exclude)]
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice:
            raise ValueError(f"two rules are called {twice}")
        return self


def parse(text: str) -> Cohort:
    """Read one rule file; Misconfigured names each place that is wrong."""
    try:
        return Cohort.model_validate(source.read(text))
    except yaml.YAMLError as error:
        raise Misconfigured("The cohort file is not valid YAML", fix=" ".join(str(error).split())) from error
    except ValidationError as error:
        raise Misconfigured("The cohort file does not follow its form", fix="; ".join(complaints(error))) from error


def complaints(error: ValidationError) -> list[str]:
    """One line a place, "require.0.within: …"; never the value itself."""
    return [f"{where(item['loc'])}: {item['msg']}" for item in error.errors(include_input=False, include_url=False)]


def where(loc: tuple[int | str, ...]) -> str:
    """A place in the file as a path."""
    return ".".join(str(part) for part in loc) or "file"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a rule file, for editors."""
    return Cohort.model_json_schema(by_alias=True)
