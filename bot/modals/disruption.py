"""A provider is out, or a site is closed: which, when and why; then what that touches, for a manager to approve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.blocks import View, context, escape, fields, input_block, input_text, option, section, static_select
from bot.modals.frame import Submit, chosen, modal, subject_of, typed
from bot.modals.notice import message

ASK = "disruption.ask.submit"
APPROVE = "disruption.approve.submit"
TITLES = {"provider": "Provider out", "site": "Site closed"}

_WHO = "disruption.who"
_DAY = "disruption.day"
_REASON = "disruption.reason"


@dataclass(frozen=True)
class Submission:
    """`key` is the EHR's id of the provider or site."""

    kind: str
    key: str
    day: date
    reason: str


def ask(kind: str, choices: Sequence[tuple[str, str]], days: Sequence[date]) -> View:
    """Offer `choices` (id, name) and the coming days."""
    if not choices:
        return message(TITLES[kind], ["No booked visits are known. Nothing needs to be moved."])
    label = "Who is out?" if kind == "provider" else "Which site is closed?"
    who = static_select(_WHO, [option(name, key) for key, name in choices[:100]], placeholder="Pick one")
    when = static_select(
        _DAY, [option(f"{day:%a %b} {day.day}", day.isoformat()) for day in days], placeholder="Pick a day"
    )
    reason = input_text(_REASON, max_length=200, multiline=False)
    blocks = [
        input_block(label, _WHO, element=who),
        input_block("Which day?", _DAY, element=when),
        input_block("Why? (no patient names)", _REASON, element=reason),
        context("Next you see how many patients this touches. Nothing is stopped or sent before a manager approves."),
    ]
    return modal(TITLES[kind], blocks, case_id=kind, submit=Submit("See who is affected", ASK))


def preview(title: str, counts: Mapping[str, Any], *, disruption_id: str, may_approve: bool) -> View:
    """What approving does, in numbers; a form only for who may approve."""
    blocks = [
        section(f"*{escape(title)}*"),
        fields(
            ("Visits", str(counts["visits"])),
            ("Reached by text", str(counts["textable"])),
            ("To be called", str(counts["to_call"])),
            ("In Spanish", str(counts["spanish"])),
            ("Programs about them now", str(counts["reminders"])),
            ("Free times in 14 days", str(counts["free_slots"])),
        ),
        section(
            "Approving stops every reminder of these visits at once and tells each patient not to come, soonest visits first. "
            "Reply 1 opens a reschedule case; who does not answer within 4 hours is called."
        ),
    ]
    if not may_approve:
        return modal(
            "Waiting for approval",
            [*blocks, context("A manager approves: the teams' channels have a notice with the button.")],
        )
    return modal("Approve the move", blocks, case_id=disruption_id, submit=Submit("Approve", APPROVE))


def submission(view: Mapping[str, Any]) -> Submission:
    """Read the first form; Refused with a sentence when it is not one of ours."""
    kind = subject_of(view, ASK)
    day = date.fromisoformat(chosen(view, _DAY, ask="Pick a day."))
    return Submission(kind, chosen(view, _WHO, ask="Pick one."), day, typed(view, _REASON) or "")


def approved(view: Mapping[str, Any]) -> str:
    """The id on the second form."""
    return subject_of(view, APPROVE)
