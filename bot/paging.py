"""What staff on call read: a case's number, how long nobody has had it, and what to do. Never a word of the patient, nor the symptom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import times
from bot.blocks import Message, actions, button, escape, section
from core.ids import show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from workflows.paging import Page

_WHY = {
    "on_call": "You are on call. A person has to phone the patient.",
    "admin": "Nobody on call has taken it: find somebody who can. A person has to phone the patient.",
    "manager": "It is a manager's to settle. No automated text goes to the patient.",
}


def message(page: Page, zone: ZoneInfo) -> Message:
    """The direct message, with Claim for who may take the case."""
    line = _line(page, zone)
    blocks = [section(f"*{escape(line)}*\n{_WHY[page.tier]}")]
    if page.tier != "admin":
        blocks.append(actions(button("Claim", "case.claim", value=show("cas", page.case_id), style="primary")))
    return Message(escape(line), tuple(blocks))


def text(page: Page, brand: str, zone: ZoneInfo) -> str:
    """The text to a phone. It is the same each time it is made, and no two calls about a case are alike."""
    do = "Claim it in Slack and phone the patient." if page.tier == "on_call" else "Nobody on call has taken it."
    return f"{brand} page {page.no}: {_line(page, zone)} {do}"


def _line(page: Page, zone: ZoneInfo) -> str:
    since = times.moment_near(page.opened_at, zone, now=page.opened_at)
    return f"Case {page.number} ({page.priority}) waits unclaimed in {page.team} since {since}."
