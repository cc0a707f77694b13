"""A form definition: one YAML file, read strictly, frozen once read. Labels in every language we write in."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import Misconfigured
from workflows.programs import source
from workflows.programs.model import complaints
from workflows.programs.vocabulary import Context, Language, Slug

Kind = Literal["choice", "scale", "yes_no", "date", "text", "slot"]
Words = dict[Language, str]
CODED: frozenset[Kind] = frozenset({"choice", "scale", "yes_no", "date"})
MOST_WORDS = 1000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Question(_Part):
    """One question. `choice` has options; `scale` is 0–10 with words for both ends; `text` is read by the understanding as `reads_as`.

    A `slot` is one of the visit times that are free when the page is opened.
    """

    code: Slug
    kind: Kind
    label: Words
    hint: Words | None = None
    optional: bool = False
    options: dict[Slug, Words] | None = None
    ends: tuple[Words, Words] | None = None
    reads_as: Context | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "choice") != (self.options is not None):
            raise ValueError("options belong to a choice, and only there")
        if (self.kind == "scale") != (self.ends is not None):
            raise ValueError("ends belong to a scale, and only there")
        if self.reads_as is not None and self.kind != "text":
            raise ValueError("reads_as belongs to a text")
        return self

    def coded(self, said: str) -> str | None:
        """The answer's code for branching, or None when it is none of the answers offered."""
        if self.kind == "choice":
            return said if said in (self.options or {}) else None
        if self.kind == "yes_no":
            return said if said in ("yes", "no") else None
        if self.kind == "scale":
            return str(int(said)) if re.fullmatch(r"\d{1,2}", said, re.ASCII) and int(said) <= 10 else None
        try:
            return date.fromisoformat(said).isoformat()
        except ValueError:
            return None


class Form(_Part):
    """A whole form. `verify`: the patient gives the year of birth before anything personal is shown or done."""

    form: Slug
    version: Annotated[int, Field(ge=1)]
    title: Words
    intro: Words
    thanks: Words
    verify: Literal["birth_year"] | None = None
    open_days: Annotated[int, Field(ge=1, le=14)] = 5
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        codes = [question.code for question in self.questions]
        if len(codes) != len(set(codes)):
            raise ValueError("two questions have the same code")
        return self

    @property
    def books(self) -> bool:
        """Whether the answer is a visit time."""
        return any(question.kind == "slot" for question in self.questions)


def parse(text: str) -> Form:
    """Read one form file; Misconfigured names each place that is wrong."""
    try:
        return Form.model_validate(source.read(text))
    except yaml.YAMLError as error:
        raise Misconfigured("The form file is not valid YAML", fix=" ".join(str(error).split())) from error
    except ValidationError as error:
        raise Misconfigured("The form file cannot be read", fix="; ".join(complaints(error))) from error


def load(path: Path) -> Form:
    """Read a form from its file. Raises Misconfigured."""
    return parse(path.read_text("utf-8"))
