"""`/kpi`: the glance as a message. Counts at any size; a share only of ten or more, with its interval."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from bot import times
from bot.blocks import Message, context, escape, fields, header, section
from workflows.intervals import wilson

if TYPE_CHECKING:
    from workflows.kpis.glance import Glance, Line

ENOUGH = 10  # fewer patients than that make no share
SHOWN = 8


def build(glance: Glance, *, zone: tzinfo) -> Message:
    """The whole first, then the programs, the largest first; says so when there was nothing."""
    period = glance.period.words
    title = f"KPIs, {period}"
    if not glance.total.enrolled and not glance.cases_opened:
        blocks = [section(f"Nobody was enrolled and no case was opened: {period}.")]
        return Message(title, (*blocks, context(f"As of {times.moment(glance.at, zone)}.")))
    one = glance.lines[0] if len(glance.lines) == 1 else glance.total
    late = f", {glance.cases_late:,} of them late" if glance.cases_open else ""
    blocks = [
        header(title),
        section(f"*{escape(one.title)}* (n = {one.enrolled:,} enrolled)"),
        fields(
            ("Reached", _of(one.reached, one.enrolled)),
            ("Replied", _of(one.replied, one.enrolled)),
            ("Booked", _of(one.booked, one.enrolled)),
            ("Cases opened", f"{glance.cases_opened:,}, {glance.cases_open:,} still open{late}"),
        ),
    ]
    if len(glance.lines) > 1:
        blocks.append(section("\n".join(_line(line) for line in glance.lines[:SHOWN])))
    more = f"{len(glance.lines) - SHOWN} more programs are not shown. " if len(glance.lines) > SHOWN else ""
    small = " Fewer than 10 make no percentage." if one.enrolled < ENOUGH else " In brackets: share, 95 % interval."
    blocks.append(context(f"{more}Of those enrolled in the period, as of {times.moment(glance.at, zone)}.{small}"))
    return Message(title, tuple(blocks))


def _line(line: Line) -> str:
    """Counts alone: programs are small."""
    return (
        f"`{escape(line.code)}` {escape(line.title[:60])}: {line.enrolled:,} enrolled, {line.reached:,} reached, "
        f"{line.replied:,} replied, {line.booked:,} booked"
    )


def _of(hits: int, n: int) -> str:
    if n < ENOUGH:
        return f"{hits:,} of {n:,}"
    low, high = wilson(n, hits)
    return f"{hits:,} of {n:,} ({_percent(hits / n)}\u00a0%, {_percent(low)}–{_percent(high)}\u00a0%)"


def _percent(share: float) -> int:
    return round(100 * share)
