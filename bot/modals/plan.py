"""The texts of a day before it comes, and a row of them to skip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.blocks import Block, View, clip, context, escape, input_block, input_text, option, section, static_select
from bot.modals.frame import Submit, chosen, modal, subject_of, typed

CALLBACK = "plan.skip.submit"
SHOWN = 40
SKIPPABLE = 50
"""Rows in the menu: all words of a view together may hold about 12,000 characters."""
WORDS_SHOWN = 120

_ROW = "plan.row"
_REASON = "plan.reason"


@dataclass(frozen=True)
class Line:
    """One row: its codes (`key`), its words, how many texts, and how many of them are expected to be kept back, by rule."""

    key: str
    words: str
    texts: int
    held: Mapping[str, int]


@dataclass(frozen=True)
class Submission:
    """The day, and the row's codes: "program:hour:site"."""

    day: date
    key: str
    reason: str


def build(day: date, lines: Sequence[Line], *, halts: Sequence[str], taken: str) -> View:
    """Counts by hour, program and site; a row can be skipped while there is one."""
    title = f"Texts on {day:%a %b} {day.day}"
    above: list[Block] = [section(f":octagonal_sign: *{escape(clip(line, WORDS_SHOWN))}*") for line in halts]
    if not lines:
        return modal(title, [*above, section("No program text is due on this day as things stand."), context(taken)])
    total, held = sum(line.texts for line in lines), sum(sum(line.held.values()) for line in lines)
    above.append(
        section(f"*{total:,} texts* are due, {total - held:,} are expected to leave, {held:,} to be kept back.")
    )
    shown = lines[:SHOWN]
    table = [
        section("\n".join(_line(line) for line in shown[start : start + 10])) for start in range(0, len(shown), 10)
    ]
    if len(lines) > SHOWN:
        table.append(context(f"{len(lines) - SHOWN} more rows: `app.py tomorrow`."))
    options = [option(f"{line.words} ({line.texts})", line.key) for line in lines[:SKIPPABLE]]
    reason = input_text(_REASON, max_length=200, multiline=False)
    asked = [
        input_block("Skip a row", _ROW, element=static_select(_ROW, options, placeholder="Pick a row")),
        input_block("Why? (no patient names)", _REASON, element=reason),
        context("Skipped texts leave the day after, if they are still in time; otherwise a person calls."),
        context(taken),
    ]
    return modal(title, [*above, *table, *asked], case_id=day.isoformat(), submit=Submit("Skip", CALLBACK))


def submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not one of ours."""
    day = date.fromisoformat(subject_of(view, CALLBACK))
    return Submission(day, chosen(view, _ROW, ask="Pick a row."), typed(view, _REASON) or "")


def _line(line: Line) -> str:
    held = ", ".join(f"{count:,} {escape(rule)}" for rule, count in line.held.items())
    return f"{escape(clip(line.words, WORDS_SHOWN))}: *{line.texts:,}*" + (f" (kept back: {held})" if held else "")
