"""`/worklist` as a message: counts, and the ten most urgent cases in codes, whatever the phi level."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from bot import times
from bot.blocks import Block, Element, Message, actions, button, clip, context, divider, escape, header, section
from core.ids import show

if TYPE_CHECKING:
    from workflows.urgent import Urgent
    from workflows.worklist import Entry

SHOWN = 10
MOST_QUEUES = 20
CLAIMS = {
    True: tuple(f"worklist.claim.team.{n}" for n in range(SHOWN)),
    False: tuple(f"worklist.claim.all.{n}" for n in range(SHOWN)),
}
"""By whether the list is one team's: a message takes no action id twice, and the list is drawn again as it was asked for."""
OPENS = tuple(f"worklist.open.{n}" for n in range(SHOWN))
SHARE = "worklist.share"
URGENT = {
    "emergency": ":rotating_light: *Emergency* · ",
    "urgent": ":red_circle: *Urgent* · ",
    "high": ":large_orange_circle: *High priority* · ",
}
"""As on the cards: the icon only repeats the word."""


def build(urgent: Urgent, *, words: Mapping[str, str], at: datetime, me: UUID | None) -> Message:
    """`words` say what each kind asks for; `me` gets the buttons, None is what a channel sees."""
    title = "Worklist" if urgent.team is None or not urgent.queues else f"Worklist: {clip(urgent.queues[0].name, 60)}"
    counts = [
        f"{_short(queue.name)}: {queue.open:,} open"
        + (f", *{urgent.late[queue.id]:,} late*" if queue.id in urgent.late else "")
        for queue in urgent.queues[:MOST_QUEUES]
    ]
    blocks: list[Block] = [header(title), section(" · ".join(counts) or "You are in no team yet.")]
    for place, entry in enumerate(urgent.entries[:SHOWN]):
        blocks.append(_row(entry, place, words=words, at=at, me=me, team=urgent.team is not None))
    if not urgent.entries:
        blocks.append(section("Nothing waits."))
    hidden = urgent.open - len(urgent.entries)
    rest = f"{hidden:,} more: Careloop's Home shows all. " if hidden > 0 else ""
    blocks.append(context(f"{rest}Clinical first, then by due time."))
    if me is not None and urgent.team is not None:
        blocks += [divider(), actions(button("Share in channel", SHARE, value=show("tem", urgent.team)))]
    return Message(f"{escape(title)}: {urgent.open:,} open", tuple(blocks))


def _row(entry: Entry, place: int, *, words: Mapping[str, str], at: datetime, me: UUID | None, team: bool) -> Block:
    asked = f" (asked: {_short(entry.asked, 100)})" if entry.asked else ""
    what = _short(words.get(entry.kind, entry.kind.replace("_", " ")), 80)
    whose = (
        "unclaimed" if entry.owner_id is None else "yours" if entry.owner_id == me else _short(entry.owner or "claimed")
    )
    said = times.due(entry.due_at, now=at)
    due = f"*{said}*" if entry.due_at < at else said
    facts = [_short(entry.program or ""), "" if team else _short(entry.team), due, whose]
    line = f"{URGENT.get(entry.priority, '')}*Case {entry.number}* {what}{asked}\n{' · '.join(one for one in facts if one)}"
    return section(line) | ({"accessory": chosen} if me and (chosen := _button(entry, place, me=me, team=team)) else {})


def _short(words: str, most: int = 50) -> str:
    """Ten rows have to fit one message."""
    return escape(clip(words, most))


def _button(entry: Entry, place: int, *, me: UUID, team: bool) -> Element | None:
    value = show("cas", entry.id)
    if entry.owner_id is None and entry.state == "open":
        return button("Claim", CLAIMS[team][place], value=value)
    return button("Open", OPENS[place], value=value) if entry.owner_id == me else None
