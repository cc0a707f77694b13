"""What must hold of a program before anybody is texted by it; a problem of level "error" stops publishing."""

from collections.abc import Iterator

import yaml
from pydantic import ValidationError

from workflows.programs import grammar_checks, graph, measuring, source
from workflows.programs.model import AskStep, BranchStep, Program, SendStep, complaints
from workflows.programs.rules import Problem
from workflows.programs.text_checks import (
    Kind,
    apologises,
    check_text,
    first_text_segments,
    languages,
    offered,
    says_stop,
)

SAFETY = {"symptom_checkin": {"2"}}  # "2 = worse" never reaches a program: the care team has it first (S97)
LOW = 6  # of 10: a score that a person answers

__all__ = ["Problem", "lint", "lint_text"]


def lint(program: Program) -> list[Problem]:
    """Everything wrong with a readable program, errors first; empty means it may be published."""
    problems = [*_steps(program), *grammar_checks.check(program), *measuring.check(program), *_texts(program)]
    return sorted(problems, key=lambda problem: (problem.level != "error", problem.where, problem.say))


def lint_text(text: str) -> list[Problem]:
    """The same for a file as written: what cannot be read (a wait missing, a second kind, an unknown intent) is a problem too."""
    try:
        return lint(Program.model_validate(source.read(text)))
    except yaml.YAMLError as error:
        return [Problem("file.yaml", "file", " ".join(str(error).split()))]
    except ValidationError as error:
        return [
            Problem("file.grammar", where, say)
            for where, _, say in (line.partition(": ") for line in complaints(error))
        ]


def _steps(program: Program) -> Iterator[Problem]:
    missing = graph.missing_targets(program)
    for where, target in missing:
        yield Problem("step.target", where, f"There is no step '{target}'.")
    for where in graph.unreachable(program):
        yield Problem("step.unreachable", f"steps.{where}", "No path leads here: remove it or lead to it.")
    for where in graph.without_end(program):
        yield Problem("step.endless", f"steps.{where}", "No path from here reaches an outcome or a person.")
    for ring in graph.silent_rings(program):
        say = "Silence leads back here: a patient who never answers would be texted for ever."
        yield Problem("step.ring", f"steps.{ring}", say)
    for ring in graph.waitless_loops(program):
        yield Problem("step.loop", f"steps.{ring}", "A loop without a wait: cases would open one another.")
    if not missing and (longest := graph.longest_silence(program)) > program.touches:
        say = f"{longest} texts without an answer; after {program.touches} a person takes over."
        yield Problem("step.touches", "steps", say)
    if not program.stop_on:
        say = "Name at least one event of the EHR that ends the program, with its outcome."
        yield Problem("stop.missing", "stop_on", say)
    if program.trigger.event is not None and program.trigger.fresh is None:
        yield Problem("trigger.fresh", "trigger", "Say how fresh the event must be: an old one must not text anybody.")


def _texts(program: Program) -> Iterator[Problem]:
    asked = {found.ask: f"{name}.ask" for name, found in program.steps.items() if isinstance(found, AskStep)}
    asked |= {found.send: f"{name}.send" for name, found in program.steps.items() if isinstance(found, SendStep)}
    for key, where in asked.items():
        if key not in program.texts:
            yield Problem("text.missing", f"steps.{where}", f"There is no text '{key}'.")
    for key, variants in program.texts.items():
        if key not in asked:
            yield Problem("text.unused", f"texts.{key}", "No step sends this text.", "warning")
        slots = _slots(program, key)
        yield from check_variants(f"texts.{key}", variants, kind=_kind(program), slots=slots)
        for language, text in variants.items():
            if key not in _answers(program) and (segments := first_text_segments(text, language, slots=slots)) > 2:
                say = f"{segments} segments as a first text with the intro; 2 at most."
                yield Problem("text.first", f"texts.{key}.{language}", say)
    yield from _menus(program)
    yield from _apologies(program)
    if program.consent == "marketing":
        yield from _stops(program)


def _kind(program: Program) -> Kind:
    if program.consent == "marketing":
        return "marketing"
    asks = [step for step in program.steps.values() if isinstance(step, AskStep)]
    return "survey" if any(step.context == "survey_0_10" for step in asks) else "care"


def _slots(program: Program, key: str) -> int:
    """The most times that a step offers with this text."""
    asks = [step for step in program.steps.values() if isinstance(step, AskStep) and step.ask == key]
    return max((step.slots or 0 for step in asks), default=0)


def _answers(program: Program) -> set[str]:
    """Texts that only ever answer the patient, so they are nobody's first."""
    sent = [(step.ask if isinstance(step, AskStep) else step.send, step.answer) for step in _texting(program)]
    return {key for key, answer in sent if answer} - {key for key, answer in sent if not answer}


def _texting(program: Program) -> list[AskStep | SendStep]:
    return [step for step in program.steps.values() if isinstance(step, AskStep | SendStep)]


def check_variants(where: str, variants: dict[str, str], *, kind: Kind = "care", slots: int = 0) -> Iterator[Problem]:
    """One text in all its languages: none missing, each as the rules want it."""
    for language in languages():
        if language not in variants:
            yield Problem("text.language", f"{where}.{language}", "This language is missing.")
    for language, text in variants.items():
        for fault in check_text(text, language, kind=kind, slots=slots):
            yield Problem(fault.rule, f"{where}.{language}", fault.say)


def _apologies(program: Program) -> Iterator[Problem]:
    """The text that answers a low score says sorry before anything else."""
    branches = [step for step in program.steps.values() if isinstance(step, BranchStep) and step.branch == "score"]
    low = {arm.to for branch in branches for arm in branch.when if arm.at_most is not None and arm.at_most <= LOW}
    for key in {_key(program.steps.get(name)) for name in low} - {None}:
        for language, text in program.texts.get(key or "", {}).items():
            if language in languages() and not apologises(text, language):
                yield Problem("text.apology", f"texts.{key}.{language}", "Say sorry first: the score was low.")


def _key(step: object) -> str | None:
    return step.ask if isinstance(step, AskStep) else step.send if isinstance(step, SendStep) else None


def _stops(program: Program) -> Iterator[Problem]:
    for key, variants in program.texts.items():
        for language, text in variants.items():
            if not says_stop(text):
                yield Problem("text.stop", f"texts.{key}.{language}", "A marketing text says how to end it: STOP.")


def _menus(program: Program) -> Iterator[Problem]:
    """What a text offers and what its step takes are the same digits, in each language."""
    for name, step in program.steps.items():
        if not isinstance(step, AskStep) or "score" in step.on:
            continue
        taken = {answer for answer in step.on if answer.isdigit()} | SAFETY.get(step.context or "", set())
        for language, text in program.texts.get(step.ask, {}).items():
            where = f"texts.{step.ask}.{language}"
            for digit in sorted(offered(text) - taken):
                yield Problem("text.menu", where, f"It offers {digit}, but step '{name}' has no such answer.")
            for digit in sorted(taken - offered(text)):
                yield Problem("text.menu", where, f"Step '{name}' takes {digit}, but the text does not offer it.")
