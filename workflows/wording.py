"""Every file of words is held to the same rules: programs and the organisation's own texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workflows.programs import lint, source
from workflows.programs.rules import Problem
from workflows.programs.text_checks import check_first, languages, says_stop

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one file, with the line it stands on."""

    file: str
    line: int
    problem: Problem

    def __str__(self) -> str:
        found = self.problem
        return f"{self.file}:{self.line}: {found.level} {found.rule}: {found.where}: {found.say}"


def programs() -> list[Path]:
    """The built-in programs."""
    return sorted((_HERE / "programs").glob("*.yaml"))


def everything() -> list[Path]:
    """Every file of words that comes with Careloop."""
    return [*programs(), _HERE / "texts.yaml"]


def check(path: Path) -> list[Finding]:
    """What is wrong with one file of any kind, errors first."""
    text = path.read_text("utf-8")
    return [Finding(path.name, source.line_of(text, problem.where), problem) for problem in check_source(text)]


def check_source(text: str) -> list[Problem]:
    """The same for a file's content; its kind is told by its keys."""
    try:
        read = source.read(text)
    except yaml.YAMLError:
        return lint.lint_text(text)
    if not isinstance(read, dict) or read.keys() == {"texts"}:
        return list(_organisation(read)) if isinstance(read, dict) else [_stranger()]
    return lint.lint_text(text) if "grammar" in read or "program" in read else [_stranger()]


def _stranger() -> Problem:
    return Problem("file.unknown", "file", "This is no program and no file of texts.")


def _organisation(read: dict[str, Any]) -> Iterator[Problem]:
    """The organisation's own texts; the intro opens the first text to a number, so it has all that one has to say."""
    for key, entry in read["texts"].items():
        variants = {language: text for language, text in entry.items() if language != "approved_by"}
        yield from lint.check_variants(f"texts.{key}", variants)
        for language in languages():
            text = variants.get(language, "")
            if key == "intro":
                for fault in check_first(text, language):
                    yield Problem(fault.rule, f"texts.{key}.{language}", fault.say)
            if key == "help" and not says_stop(text):
                yield Problem("text.stop", f"texts.{key}.{language}", "Say how to end the texts: STOP.")
