"""What staff on call read: a case's number, how long nobody has had it, and what to do. Never a word of the patient, nor the symptom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import times
from bot.blocks import Message, actions, button, context, escape, section
from core.ids import show

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from workflows.paging import Page

_WHY = {
    "on_call": "You are on call. A person has to phone the patient.",
    "admin": "Nobody on call has taken it: find somebody who can. A person has to phone the patient.",
    "lead": "Nobody on the team has taken it. Find somebody who can.",
    "no_cards": "Slack takes no cards in this team's channel: see that it exists, is private, and that Careloop is in it.",
    "no_admin": "The last admin has lost access to Careloop. Decide who is admin now and have the operator make them one.",
    "fallback": "Slack takes no cards in this team's channel. Its cards go to the fallback channel until it is mended.",
    "guest": "A guest account is in a team's channel and reads what stands there. Take it out, or find the team another channel.",
    "no_route": "The routing table has no line for cases like the one it names; they go to the default queue. Add a line.",
    "manager": "It is a manager's to settle. No automated text goes to the patient.",
}


def message(page: Page, zone: ZoneInfo, *, now: datetime) -> Message:
    """The direct message, with Claim for who may take the case; to its owner what they have, and that they are still on it."""
    if page.tier in ("owner", "woken", "was_owner"):
        return _to_owner(page, now)
    if page.tier == "escalated":
        return _for_help(page, now)
    line = _line(page, zone)
    blocks = [section(f"*{escape(line)}*\n{_WHY[page.tier]}")]
    if page.tier not in ("admin", "no_cards", "no_route", "fallback", "guest"):
        blocks.append(actions(button("Claim", "case.claim", value=show("cas", page.case_id), style="primary")))
    return Message(escape(line), tuple(blocks))


def thread(page: Page, *, now: datetime) -> Message:
    """The line under a card that nobody has taken."""
    line = f"Nobody has taken case {page.number} yet. It is {times.due(page.due_at, now=now)}."
    return Message(line, (section(f"<!here> {line}"),))


def _to_owner(page: Page, now: datetime) -> Message:
    """ "Case 1042 is yours and due in 25 min." """
    if page.tier == "was_owner":
        line = f"Case {page.number} went back to {page.team}: nothing had happened on it for a while."
        again = actions(button("Claim", "case.claim", value=show("cas", page.case_id)))
        return Message(escape(line), (section(f"*{escape(line)}* Claim it again if you are on it."), again))
    if page.tier == "woken":
        line = f"Case {page.number} is back from its snooze and {times.due(page.due_at, now=now)}. It is yours."
        return Message(escape(line), (section(f"*{escape(line)}*"), context(escape(page.team))))
    line = f"Case {page.number} is yours and {times.due(page.due_at, now=now)}."
    still = actions(button("Still on it", "case.keep", value=show("cas", page.case_id), style="primary"))
    return Message(
        escape(line),
        (section(f"*{escape(line)}* If nothing happens on it, it goes back to {escape(page.team)}."), still),
    )


def _for_help(page: Page, now: datetime) -> Message:
    """ "Case 1042 in Patient Access was escalated. It is urgent now and due in 25 min." """
    line = f"Case {page.number} in {page.team} was escalated. It is {page.priority} now and {times.due(page.due_at, now=now)}."
    free = [] if page.owned else [actions(button("Claim", "case.claim", value=show("cas", page.case_id)))]
    said = (
        "A colleague has it and asks for help." if page.owned else "Nobody has it. Claim it, or find somebody who can."
    )
    return Message(escape(line), (section(f"*{escape(line)}* {said}"), *free))


def text(page: Page, brand: str, zone: ZoneInfo) -> str:
    """The text to a phone. It is the same each time it is made, and no two calls about a case are alike."""
    if page.tier == "outage":
        return f"{brand} page {page.no}: Slack has stopped answering us. Until it is back, work on {page.instead or 'the signed-in page'}"
    if page.tier == "no_cards":
        return f"{brand} page {page.no}: Slack takes no cards in the channel of {page.team}. Their cases are on {page.instead}"
    if page.tier == "cut_off":
        return f"{brand} page {page.no}: Slack has ended our access; no card arrives. Work on {page.instead} until it is connected again."
    if page.tier in ("fallback", "guest"):
        return f"{brand} page {page.no}: {_WHY[page.tier]} See case {page.number} in {page.team}."
    if page.tier == "no_admin":
        return f"{brand} page {page.no}: the last admin has lost access to Careloop. Decide who is admin now. See case {page.number}."
    if page.tier == "ends":
        return f"{brand} page {page.no}: Slack will end our access in a few hours. An admin has to connect it again: {page.instead}"
    do = "Claim it in Slack and phone the patient." if page.tier == "on_call" else "Nobody on call has taken it."
    if page.instead:
        do = f"Slack is down. {do.replace('Claim it in Slack', 'Claim it on the page')} {page.instead}"
    return f"{brand} page {page.no}: {_line(page, zone)} {do}"


def _line(page: Page, zone: ZoneInfo) -> str:
    since = times.moment_near(page.opened_at, zone, now=page.opened_at)
    return f"Case {page.number} ({page.priority}) waits unclaimed in {page.team} since {since}."
