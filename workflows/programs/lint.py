"""What must hold of a program before anybody is texted by it; a problem of level "error" stops publishing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml
from pydantic import ValidationError

from workflows.programs import graph, source
from workflows.programs.model import AskStep, Program, complaints
from workflows.programs.text_checks import check_text, first_text_segments, languages


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is a path in the file ("steps.first", "texts.first.es"); `say` tells what to change."""

    level: Literal["error", "warning"]
    where: str
    say: str


def lint(program: Program) -> list[Problem]:
    """Everything wrong with a readable program, errors first; empty means it may be published."""
    problems = [*_steps(program), *_texts(program)]
    return sorted(problems, key=lambda problem: (problem.level != "error", problem.where, problem.say))


def lint_text(text: str) -> list[Problem]:
    """The same for a file as written: what cannot be read (a wait missing, a second kind, an unknown intent) is a problem too."""
    try:
        return lint(Program.model_validate(source.read(text)))
    except yaml.YAMLError as error:
        return [Problem("error", "file", " ".join(str(error).split()))]
    except ValidationError as error:
        return [Problem("error", *line.split(": ", 1)) for line in complaints(error)]


def _steps(program: Program) -> Iterator[Problem]:
    missing = graph.missing_targets(program)
    for where, target in missing:
        yield Problem("error", where, f"There is no step '{target}'.")
    for where in graph.unreachable(program):
        yield Problem("error", f"steps.{where}", "No path leads here: remove it or lead to it.")
    for where in graph.without_end(program):
        yield Problem("error", f"steps.{where}", "No path from here reaches an outcome or a person.")
    for ring in graph.silent_rings(program):
        yield Problem(
            "error", f"steps.{ring}", "Silence leads back here: a patient who never answers would be texted for ever."
        )
    for ring in graph.waitless_loops(program):
        yield Problem("error", f"steps.{ring}", "A loop without a wait: cases would open one another.")
    if not missing and (longest := graph.longest_silence(program)) > graph.MAX_TOUCHES:
        yield Problem(
            "error", "steps", f"{longest} texts without an answer; after {graph.MAX_TOUCHES} a person takes over."
        )
    if not program.stop_on:
        yield Problem("error", "stop_on", "Name at least one event of the EHR that ends the program, with its outcome.")
    if program.trigger.cohort is None and program.trigger.fresh is None:
        yield Problem("error", "trigger", "Say how fresh the event must be: an old one must not text anybody.")


def _texts(program: Program) -> Iterator[Problem]:
    asked = {step.ask: name for name, step in program.steps.items() if isinstance(step, AskStep)}
    for key, name in asked.items():
        if key not in program.texts:
            yield Problem("error", f"steps.{name}.ask", f"There is no text '{key}'.")
    for key, variants in program.texts.items():
        if key not in asked:
            yield Problem("warning", f"texts.{key}", "No step sends this text.")
        for language in languages():
            if language not in variants:
                yield Problem("error", f"texts.{key}.{language}", "This language is missing.")
        for language, text in variants.items():
            for say in check_text(text, language):
                yield Problem("error", f"texts.{key}.{language}", say)
            if (segments := first_text_segments(text, language)) > 2:
                yield Problem(
                    "error",
                    f"texts.{key}.{language}",
                    f"{segments} segments as a first text with the intro; 2 at most.",
                )
