"""`/worklist` as a message: counts, and the ten most urgent cases in codes, whatever the phi level."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from bot import times
from bot.blocks import Block, Element, Message, actions, button, context, divider, escape, header, section
from core.ids import show
from workflows.urgent import SHOWN, Urgent
from workflows.worklist import Entry

CLAIMS = {
    True: tuple(f"worklist.claim.team.{n}" for n in range(SHOWN)),
    False: tuple(f"worklist.claim.all.{n}" for n in range(SHOWN)),
}
"""By whether the list is one team's: a message takes no action id twice, and the list is drawn again as it was asked for."""
OPENS = tuple(f"worklist.open.{n}" for n in range(SHOWN))
SHARE = "worklist.share"
URGENT = {"emergency": ":rotating_light: ", "urgent": ":red_circle: ", "high": ":large_orange_circle: "}


def build(urgent: Urgent, *, words: Mapping[str, str], at: datetime, me: UUID | None) -> Message:
    """`words` say what each kind asks for; `me` gets the buttons, None is what a channel sees."""
    title = "Worklist" if urgent.team is None or not urgent.queues else f"Worklist: {urgent.queues[0].name}"
    counts = [
        f"{escape(queue.name)}: {queue.open:,} open"
        + (f", *{urgent.late[queue.id]:,} late*" if queue.id in urgent.late else "")
        for queue in urgent.queues
    ]
    blocks: list[Block] = [header(title), section(" · ".join(counts) or "You are in no team yet.")]
    for place, entry in enumerate(urgent.entries):
        blocks.append(_row(entry, place, words=words, at=at, me=me, team=urgent.team is not None))
    if not urgent.entries:
        blocks.append(section("Nothing waits."))
    hidden = urgent.open - len(urgent.entries)
    rest = f"{hidden:,} more: Careloop's Home shows all. " if hidden > 0 else ""
    blocks.append(context(f"{rest}Clinical first, then by due time."))
    if me is not None and urgent.team is not None:
        blocks += [divider(), actions(button("Share in channel", SHARE, value=show("tem", urgent.team)))]
    return Message(f"{title}: {urgent.open:,} open", tuple(blocks))


def _row(entry: Entry, place: int, *, words: Mapping[str, str], at: datetime, me: UUID | None, team: bool) -> Block:
    asked = f" (asked: {escape(entry.asked)})" if entry.asked else ""
    what = escape(words.get(entry.kind, entry.kind.replace("_", " ")))
    whose = (
        "unclaimed" if entry.owner_id is None else "yours" if entry.owner_id == me else escape(entry.owner or "claimed")
    )
    facts = [escape(entry.program or ""), "" if team else escape(entry.team), times.due(entry.due_at, now=at), whose]
    line = f"{URGENT.get(entry.priority, '')}*Case {entry.number}* {what}{asked}\n{' · '.join(one for one in facts if one)}"
    return section(line) | ({"accessory": chosen} if me and (chosen := _button(entry, place, me=me, team=team)) else {})


def _button(entry: Entry, place: int, *, me: UUID, team: bool) -> Element | None:
    value = show("cas", entry.id)
    if entry.owner_id is None and entry.state == "open":
        return button("Claim", CLAIMS[team][place], value=value)
    return button("Open", OPENS[place], value=value) if entry.owner_id == me else None
