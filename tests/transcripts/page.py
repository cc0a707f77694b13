"""The pages of docs/programs: one a program and language."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from tests.transcripts import script
from tests.transcripts.play import Line, Play
from tests.transcripts.script import ZONE
from workflows.programs import Program, built_in, graph
from workflows.programs.text_checks import languages

PAGES = Path(__file__).parents[2] / "docs" / "programs"
NAMES = {"en": "English", "es": "Spanish"}


def every() -> dict[Path, str]:
    """Each page by where it belongs, and an index of them."""
    pages = {
        PAGES / f"{name}.{language}.md": _page(name, language) for name in script.programs() for language in languages()
    }
    return pages | {PAGES / "README.md": _index()}


def strays() -> list[Path]:
    """Pages of programs that are no more."""
    return [path for path in PAGES.glob("*.md") if path not in every()]


@lru_cache(maxsize=64)
def walked(name: str, language: str) -> frozenset[str]:
    """The edges of a program that its transcripts take."""
    return frozenset(edge for play in _plays(name, language) for edge in play.walked)


def edges(program: Program) -> set[str]:
    """Every way on that a program has."""
    blocked = {f"touch_blocked.on.{disposition}" for disposition in program.touch_blocked.on}
    return blocked.union(*(graph.targets(program, step) for step in program.steps))


def _plays(name: str, language: str) -> Iterable[Play]:
    told = script.load(name)
    for scene in told.scenes:
        play = _play(Play(built_in()[name], told, scene, language=language), scene.turns)
        yield play
        for way in scene.ways:
            yield _play(play.fork(), way)


def _play(play: Play, turns: Iterable[script.Turn]) -> Play:
    for turn in turns:
        play.take(turn)
    return play


@lru_cache(maxsize=64)
def _page(name: str, language: str) -> str:
    program, told = built_in()[name], script.load(name)
    lines = [
        f"# {program.title} (`{name}`), {NAMES[language]}",
        "",
        program.purpose,
        "",
        "Written by `python -m tests.transcripts` from tests/data/transcripts and the program as it is; not by hand. What is in brackets",
        "happens, everything else from *us* is what the patient reads, word for word. Nobody has approved these words yet.",
    ]
    for number, scene in enumerate(told.scenes, start=1):
        play = _play(Play(program, told, scene, language=language), scene.turns)
        lines += ["", f"## {number}. {scene.title}", "", "```", *(_full(line) for line in play.lines), "```"]
        told_already = len(play.lines)
        ways = [_play(play.fork(), way).lines[told_already - 1 :] for way in scene.ways]
        lines += ["", *(f"- {_brief(way)}" for way in ways)] if ways else []
    return "\n".join(lines) + "\n"


def _full(line: Line) -> str:
    return f"{_when(line)}  {line.who:8} {line.what}"


def _brief(lines: list[Line]) -> str:
    """What follows the first line, in one; the day is said where it is another one."""
    told = []
    for before, line in pairwise(lines):
        day = line.at.astimezone(ZONE)
        when = f" ({day:%a %b} {day.day})" if day.date() != before.at.astimezone(ZONE).date() else ""
        told.append(f"**{line.who}**{when} {line.what}")
    return " → ".join(told)


def _when(line: Line) -> str:
    at = line.at.astimezone(ZONE)
    return f"{at:%a %b} {at.day:2} {at:%H:%M}"


def _index() -> str:
    rows = [
        f"| [{built_in()[name].title}]({name}.en.md) | [Spanish]({name}.es.md) | {built_in()[name].purpose} |"
        for name in script.programs()
    ]
    head = ["# Programs, as patients and staff see them", "", "| program | | what for |", "|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"
