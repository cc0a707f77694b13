"""Every file of words is held to the same rules: programs, packs, forms, the organisation's own texts, the approved answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import Misconfigured
from workflows import library, packs, saved_replies
from workflows.forms import lint as form_lint
from workflows.programs import lint, source
from workflows.programs.rules import Problem
from workflows.programs.text_checks import check_first, languages, offered, says_stop

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
    folders = [path for name in ("forms", "packs") for path in sorted((_HERE / name).glob("*.yaml"))]
    return [*programs(), *folders, _HERE / "texts.yaml", library.FILE, saved_replies.FILE]


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
    kinds = {
        "pack": _pack,
        "grammar": _program,
        "program": _program,
        "answers": _library,
        "replies": _saved,
        "questions": _form,
        "texts": _organisation,
    }
    known = [kinds[key] for key in kinds if isinstance(read, dict) and key in read]
    if not known:
        return [
            Problem(
                "file.unknown",
                "file",
                "This is no program, pack, form, file of texts, library of answers or file of saved replies.",
            )
        ]
    return list(known[0](read, text))


def _program(_: dict[str, Any], text: str) -> list[Problem]:
    return lint.lint_text(text)


def _pack(_: dict[str, Any], text: str) -> Iterator[Problem]:
    return packs.lint_text(text)


def _form(_: dict[str, Any], text: str) -> list[Problem]:
    return form_lint.lint_text(text)


def _library(read: dict[str, Any], _: str) -> Iterator[Problem]:
    """The approved answers: their words, and that they answer what they are for and nothing else."""
    try:
        own = library.read(read).answers
        shelf = library.built_in().with_changes(read["answers"])
    except Misconfigured as error:
        yield Problem("file.grammar", "answers", error.fix)
        return
    for key, entry in own.items():
        yield from lint.check_variants(f"answers.{key}.texts", entry.texts)
        for language, text in entry.texts.items():
            if offered(text) != (set() if entry.case else {"1", "2"}):
                say = (
                    "It opens a case, so it asks nothing."
                    if entry.case
                    else "Ask whether it helped: 1, or 2 for a person."
                )
                yield Problem("answer.menu", f"answers.{key}.texts.{language}", say)
        for said in entry.examples:
            if (found := shelf.match(said)) != key:
                yield Problem("answer.example", f"answers.{key}.examples", f"'{said}' leads to {found or 'a person'}.")
        for said in entry.counter:
            if shelf.match(said) == key:
                yield Problem("answer.counter", f"answers.{key}.counter", f"'{said}' must not be answered with this.")


def _saved(read: dict[str, Any], _: str) -> Iterator[Problem]:
    """Saved replies: a name, and the words in every language."""
    for key, entry in read["replies"].items() if isinstance(read["replies"], dict) else ():
        known = isinstance(entry, dict) and isinstance(entry.get("texts"), dict) and isinstance(entry.get("title"), str)
        if not known or not 1 <= len(entry["title"]) <= saved_replies.TITLE:
            say = f"Give a title of at most {saved_replies.TITLE} characters, and texts by language."
            yield Problem("file.grammar", f"replies.{key}", say)
        else:
            yield from saved_replies.check(f"replies.{key}.texts", entry["texts"])


def _organisation(read: dict[str, Any], _: str) -> Iterator[Problem]:
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
