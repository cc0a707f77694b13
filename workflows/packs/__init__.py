"""Starter packs (S123): the programs of a kind of setting, with its own words and cadence over the built-in ones. One YAML file each."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Misconfigured
from workflows.programs import built_in as built_in_programs
from workflows.programs import source
from workflows.programs.difference import difference
from workflows.programs.lint import lint
from workflows.programs.model import Program, complaints
from workflows.programs.rules import Problem
from workflows.programs.vocabulary import Slug

FOLDER = Path(__file__).parent
_COHORTS = FOLDER.with_name("cohorts")


class Pack(BaseModel):
    """`programs`: what each changes of the built-in file, in the same places; null takes a key away. `cohorts`: presets it offers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: Slug
    title: str
    for_whom: str
    programs: dict[Slug, dict[str, Any]] = Field(min_length=1)
    cohorts: list[Slug] = Field(default_factory=list)

    def source(self, name: str) -> str:
        """The program as this pack publishes it, as a file. Raises Misconfigured when there is no such program."""
        change = self._change(name)
        return _written(_merged(_plain(name), change)) if change else _path(name).read_text("utf-8")

    def program(self, name: str) -> Program:
        """The same, read. Raises pydantic's ValidationError where an override does not fit."""
        change = self._change(name)
        return Program.model_validate(_merged(_plain(name), change)) if change else built_in_programs()[name]

    def changes(self, name: str) -> list[str]:
        """What this pack changes of the built-in program, in lines that a manager can read."""
        return difference(built_in_programs()[name], self.program(name))

    def _change(self, name: str) -> dict[str, Any]:
        if name not in self.programs or not _path(name).exists():
            raise Misconfigured(f"Pack {self.pack} has no program '{name}'", fix=f"It has {', '.join(self.programs)}.")
        return self.programs[name]


@lru_cache(maxsize=1)
def built_in() -> dict[str, Pack]:
    """Every pack of this folder by its name. Raises Misconfigured."""
    return {path.stem: parse(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def of_code(code: str) -> Pack:
    """The pack with this name. Raises Misconfigured when there is none."""
    found = built_in().get(code)
    if found is None:
        raise Misconfigured(f"There is no pack '{code}'", fix=f"The packs are {', '.join(built_in())}.")
    return found


def parse(text: str) -> Pack:
    """Read a pack's file. Raises Misconfigured with each place that is wrong."""
    try:
        return Pack.model_validate(source.read(text))
    except ValidationError as error:
        raise Misconfigured("The pack cannot be read", fix="; ".join(complaints(error))) from error


def lint_text(text: str) -> Iterator[Problem]:
    """What is wrong with a pack: each of its programs as it would be published, and what a pack is for."""
    try:
        pack = parse(text)
    except Misconfigured as error:
        yield Problem("file.grammar", "file", error.fix)
        return
    read: dict[str, Program] = {}
    for name in pack.programs:
        yield from _program(pack, name, read)
    yield from _triggers(read)
    yield from _cohorts(pack, read)


def _program(pack: Pack, name: str, read: dict[str, Program]) -> Iterator[Problem]:
    """One program's problems; one that can be read is put into `read`."""
    here = f"programs.{name}"
    if not _path(name).exists():
        yield Problem("pack.program", here, f"There is no program '{name}'.")
        return
    try:
        found = read[name] = pack.program(name)
    except ValidationError as error:
        for line in complaints(error):
            yield Problem("file.grammar", here, line)
        return
    if not pack.programs[name]:
        return
    for problem in lint(found):
        yield Problem(problem.rule, f"{here}.{problem.where}", problem.say, problem.level)
    if found == built_in_programs()[name]:
        yield Problem("pack.same", here, "It says what the built-in program says: leave it out, or change it.")


def _triggers(read: dict[str, Program]) -> Iterator[Problem]:
    started: dict[str, str] = {}
    for name, program in read.items():
        event = program.trigger.event
        if event is not None and started.setdefault(event, name) != name:
            say = f"'{started[event]}' starts by {event} too: a patient would get both."
            yield Problem("pack.trigger", f"programs.{name}", say)


def _cohorts(pack: Pack, read: dict[str, Program]) -> Iterator[Problem]:
    for code in pack.cohorts:
        if not (_COHORTS / f"{code}.yaml").exists():
            yield Problem("pack.cohort", "cohorts", f"There is no cohort preset '{code}'.")
    if pack.cohorts and not any(program.trigger.cohort for program in read.values()):
        yield Problem("pack.cohort", "cohorts", "No program of this pack can be started for a cohort.")


def _path(name: str) -> Path:
    return FOLDER.with_name("programs") / f"{name}.yaml"


@lru_cache(maxsize=64)
def _plain(name: str) -> Any:
    return source.read(_path(name).read_text("utf-8"))


def _merged(plain: Any, change: Any) -> Any:
    """`change` laid over `plain`, in the order of `plain`; what is new comes last."""
    if not isinstance(plain, dict) or not isinstance(change, dict):
        return change
    merged = {key: _merged(value, change[key]) if key in change else value for key, value in plain.items()}
    merged |= {key: value for key, value in change.items() if key not in plain}
    return {key: value for key, value in merged.items() if value is not None}


class _Plain(yaml.SafeDumper):
    """What is the same in two places is written out twice, as a person reads it."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _written(program: dict[str, Any]) -> str:
    return yaml.dump(program, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)
