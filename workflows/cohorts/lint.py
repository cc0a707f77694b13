"""What must hold of a cohort's rule before anybody is selected by it, told by file, line and rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml
from pydantic import ValidationError

from workflows.cohorts import spec
from workflows.cohorts.periods import Span
from workflows.programs import source


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule` is the lint rule's name, `line` counts from 1; "error" stops saving."""

    rule: str
    line: int
    where: str
    say: str
    level: Literal["error", "warning"] = "error"


def lint(text: str) -> list[Problem]:
    """Everything wrong with a rule file, in the order of its lines; empty means that it may be used."""
    try:
        rule = spec.Cohort.model_validate(source.read(text))
    except yaml.YAMLError as error:
        return [Problem("file.yaml", source.line_of(text, ""), "file", " ".join(str(error).split()))]
    except ValidationError as error:
        found = [line.partition(": ") for line in spec.complaints(error)]
        return _sorted(Problem("file.form", source.line_of(text, where), where, say) for where, _, say in found)
    return _sorted(_meaning(rule, text))


def _meaning(rule: spec.Cohort, text: str) -> Iterator[Problem]:
    def problem(name: str, where: str, say: str, level: Literal["error", "warning"] = "error") -> Problem:
        return Problem(name, source.line_of(text, where), where, say, level)

    if not rule.require and not rule.exclude:
        yield problem(
            "rule.everybody",
            "cohort",
            "It requires and excludes nothing: it would select everybody of that age and sex.",
        )
    placed = [(f"require.{n}", one) for n, one in enumerate(rule.require)]
    for where, one in [*placed, *((f"exclude.{n}", one) for n, one in enumerate(rule.exclude))]:
        if not (one.codes or one.types or one.class_ or one.status):
            yield problem(
                "rule.any",
                where,
                f"{one.name}: any {one.resource} at all would match. Name codes, types, class or status.",
            )
        if one.within and one.older_than and _longer(one.older_than, one.within):
            yield problem("rule.window", where, f"{one.name}: nothing is both that recent and that old.")
        if one.resource in ("Condition", "Observation", "Procedure") and not one.codes:
            yield problem("rule.codes", where, f"{one.name}: a {one.resource} needs codes.")
        if any(codes.url == spec.CPT for codes in one.codes):
            say = f"{one.name}: CPT codes belong to the AMA; use them only under your own licence."
            yield problem("code.licence", where, say, "warning")


def _longer(one: str, other: str) -> bool:
    spans = [Span.parse(text) for text in (one, other)]
    return spans[0].months * 30 + spans[0].days >= spans[1].months * 30 + spans[1].days


def _sorted(problems: Iterator[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: (one.line, one.where))
