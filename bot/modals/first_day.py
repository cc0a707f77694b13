"""The first day's checklist, and its two forms: a text to one's own phone, and a launch plan to agree on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import Block, View, context, escape, input_block, input_text, option, section, static_select
from bot.modals import settings
from bot.modals.frame import Submit, chosen, typed
from bot.modals.settings import Line
from core.errors import Refused

OPEN, GO = "first_day.open", "first_day.go"
TEXT, PLAN, AGREE = "first_day.text.submit", "first_day.plan.submit", "first_day.agree.submit"
TITLE = "First day"
LABELS = {"text": "Try it", "list": "Hand over", "plan": "Read", "practice": "Practise"}
DONE, TO_DO = "✓", "○"
MOST_SHOWN = 9_500  # of a plan; a window holds 12,000 characters

_PHONE = "first_day.text.phone"
_PROGRAM, _POPULATION = "first_day.plan.program", "first_day.plan.population"


@dataclass(frozen=True, slots=True)
class Step:
    """One line."""

    code: str
    title: str
    done: bool
    words: str


def build(steps: Sequence[Step], *, said: str = "") -> View:
    """What is green, and one button a line that leads to it."""
    done = sum(step.done for step in steps)
    lines = [
        Line(
            f"{DONE if step.done else TO_DO} {step.title}",
            escape(step.words),
            f"{GO}.{step.code}",
            step.code,
            LABELS.get(step.code, "Look" if step.done else "Do it"),
        )
        for step in steps
    ]
    below = (
        "All green: launch with /recall, or let the first program's pilot begin."
        if done == len(steps)
        else f"{done} of {len(steps)} done. Each turns green by what is so, not by a tick; open this again to see."
    )
    return settings.page(TITLE, lines, said=said, below=below)


def ask_phone(*, known: str) -> View:
    """Which phone? `known` is the end of the number on file, or empty."""
    label = f"Your phone, if it is not the one ending in {known}" if known else "Your own phone, such as +13125550123"
    blocks = [
        input_block(label, _PHONE, element=input_text(_PHONE, max_length=20, multiline=False), optional=bool(known)),
        context("One text, to you alone. The number is kept as yours: calls in an emergency go there too."),
    ]
    return settings.form("Try it", blocks, about="text:phone", submit=Submit("Text me", TEXT))


def parse_phone(view: Mapping[str, Any]) -> str | None:
    """The number as typed, without what people put between digits."""
    settings.subject(view, TEXT)
    said = re.sub(r"[\s().\-]", "", typed(view, _PHONE) or "")
    return said or None


def ask_plan(programs: Sequence[tuple[str, str]]) -> View:
    """Which program, and whom first?"""
    picked = static_select(_PROGRAM, [option(title, code) for code, title in programs], placeholder="Pick a program")
    blocks = [
        input_block("Program", _PROGRAM, element=picked),
        input_block("Whom first?", _POPULATION, element=input_text(_POPULATION, max_length=200, multiline=False)),
        context("For example: adults of Lincoln Park, overdue for six months. No patient's name."),
    ]
    return settings.form("A launch plan", blocks, about="plan:read", submit=Submit("Read the plan", PLAN))


def parse_plan(view: Mapping[str, Any]) -> tuple[str, str]:
    """(the program's code, the population)."""
    settings.subject(view, PLAN)
    population = typed(view, _POPULATION)
    if not population:
        raise Refused("Say whom first. Nothing was changed.")
    return chosen(view, _PROGRAM, ask="Pick a program."), population


def plan(markdown: str, *, code: str, version: int, population: str) -> View:
    """The page, and Agree."""
    shown = _shown(markdown)
    blocks: list[Block] = [section(part) for part in _parts(shown[:MOST_SHOWN])]
    if len(shown) > MOST_SHOWN:
        blocks.append(context("The rest does not fit here; `app.py program launch-plan` prints the whole page."))
    made = settings.form("A launch plan", blocks, about=f"{code}:{version}", submit=Submit("Agree", AGREE))
    hidden = input_block(
        "Whom first?",
        _POPULATION,
        element=input_text(_POPULATION, max_length=200, multiline=False) | {"initial_value": population},
    )
    return made | {"blocks": [*blocks, hidden]}


def parse_agree(view: Mapping[str, Any]) -> tuple[str, int, str]:
    """(the program's code, the version that was read, the population)."""
    code, version = settings.subject(view, AGREE)
    population = typed(view, _POPULATION)
    if not version.isdecimal() or not population:
        raise Refused("Say whom first. Nothing was changed.")
    return code, int(version), population


def _shown(markdown: str) -> str:
    """Tables and headings as lines that Slack can show; the lines to sign are for paper."""
    lines: list[str] = []
    for raw in markdown.split("\n| agreed by")[0].splitlines():
        line = escape(raw).replace("**", "*")
        if re.fullmatch(r"\|[-|]*", line) or line.strip("| ") == "":
            continue
        if line.startswith("#"):
            lines.append(f"\n*{line.lstrip('# ')}*")
        elif line.startswith("|"):
            lines.append(": ".join(filter(None, (cell.strip() for cell in line.strip("|").split("|")))))
        else:
            lines.append(line)
    return "\n".join(lines).strip()


def _parts(text: str) -> list[str]:
    """Cut at lines into pieces that a section takes."""
    parts = [""]
    for line in text.splitlines():
        if len(parts[-1]) + len(line) > 2_500:
            parts.append("")
        parts[-1] += f"{line[:2_500]}\n"
    return parts
