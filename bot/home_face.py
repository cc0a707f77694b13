"""How the Home tab looks; what stands on it is handed in, so that it can be looked at without a database."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot import times
from bot.blocks import Block, View, clip, context, divider, escape, header, section

LINE_SHOWN = 300


def draw(lines: Sequence[str], halts: Sequence[str], *, at: datetime, zone: tzinfo) -> View:
    """The cases as lines of safe mrkdwn, under what is stopped now."""
    blocks: list[Block] = [section(f":octagonal_sign: *{escape(clip(line, LINE_SHOWN))}*") for line in halts]
    blocks.append(header("Your cases"))
    blocks += [section(clip(line, LINE_SHOWN)) for line in lines] or [section("Nothing waits for you or your teams.")]
    blocks += [divider(), context(f"As of {times.moment(at, zone)}. Cards with buttons are in your team's channel.")]
    return {"type": "home", "blocks": blocks}
