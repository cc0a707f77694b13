"""Whether a program's figures look at its runs as long as they may last, and begin where it begins to speak (docs/kpis.md)."""

import math
from collections.abc import Iterator

from workflows.programs import graph
from workflows.programs.model import (
    WIDEST_DAYS,
    AskStep,
    CaseStep,
    Moment,
    Program,
    SendStep,
    Until,
    WaitStep,
    duration,
)
from workflows.programs.rules import Problem

TO_ANSWER_DAYS = 3
"""What an answer to the last question needs at least, or the person who follows it."""
IN_DAYS = {"d": 1.0, "h": 1 / 24, "m": 1 / 1440, "bd": 7 / 5}


def check(program: Program) -> Iterator[Problem]:
    """Warnings: a figure that says less than it could stops nobody from being looked after."""
    needed = min(lasts(program) + TO_ANSWER_DAYS, WIDEST_DAYS)
    if needed > program.measure.days:
        say = f"Figures look at a run for {program.measure.days} days, and it may last {needed}: say `days: {needed}`."
        yield Problem("measure.days", "measure", say, "warning")
    first = _dated(program, program.first)
    if first is not None and first.before and program.measure.from_ == "start":
        say = "It starts long before its first text: say `from: first_text`, or nobody is ever reached in time."
        yield Problem("measure.from", "measure", say, "warning")


def lasts(program: Program) -> int:
    """The whole days from where its windows begin to its end for somebody who never answers, people taking no time.

    Ways that the patient chooses ("in three months") are not in it, nor a date that is not known before there is a patient.
    """
    return math.ceil(_walk(program, program.first, 0.0, frozenset()))


def _walk(program: Program, name: str, day: float, seen: frozenset[str]) -> float:
    if name in seen or name not in program.steps:
        return day
    after = _left(program, name, day)
    return max((_walk(program, on, after, seen | {name}) for on in _silently(program, name)), default=after)


def _silently(program: Program, name: str) -> set[str]:
    found = program.steps[name]
    if isinstance(found, CaseStep):
        return {found.then} if found.then else set()
    return graph.silent_next(program, name)


def _left(program: Program, name: str, day: float) -> float:
    """The day on which a step that was entered on `day` is left."""
    found, dated = program.steps[name], _dated(program, name)
    day = max(day, _day(program, dated) or 0.0) if dated is not None else day
    if isinstance(found, AskStep):
        return day + _days(found.wait)
    if isinstance(found, WaitStep) and isinstance(found.wait, str):
        return day + _days(found.wait)
    if isinstance(found, WaitStep) and isinstance(found.wait, Until) and not isinstance(found.wait.until, Moment):
        return day + _days(found.wait.otherwise)
    return day


def _dated(program: Program, name: str) -> Moment | None:
    """The date that a step waits for."""
    found = program.steps.get(name)
    if isinstance(found, AskStep | SendStep):
        return found.at
    until = found.wait.until if isinstance(found, WaitStep) and isinstance(found.wait, Until) else None
    return until if isinstance(until, Moment) else None


def _day(program: Program, moment: Moment) -> float | None:
    """Counted from where windows begin; None where that cannot be told: how far off a visit is differs with each."""
    away = float(moment.days or 0) if moment.hours is None else moment.hours / 24
    if program.measure.from_ == "start":
        return None if moment.before else away
    first = _dated(program, program.first)
    if first is None or (first.before, first.after) != (moment.before, moment.after):
        return None
    zero = float(first.days or 0) if first.hours is None else first.hours / 24
    return zero - away if moment.before else away - zero


def _days(words: str) -> float:
    many, unit = duration(words)
    return many * IN_DAYS[unit]
