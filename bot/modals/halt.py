"""Stop texts, and resume them: each form says what stops or starts, what stays as it is, and asks for a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, context, escape, input_block, input_text, option, section, static_select
from bot.modals.frame import Submit, chosen, modal, subject_of, typed
from bot.modals.notice import message

STOP = "halt.stop.submit"
LIFT = "halt.lift.submit"

_REASON = "halt.reason"
_WHICH = "halt.which"


@dataclass(frozen=True)
class Submission:
    """`subject`: "scope:key" of what to stop, or the id of the halt to lift."""

    subject: str
    reason: str


def stop(what: str, subject: str, *, waiting: int, stays_on: str) -> View:
    """Ask before stopping `what`; `waiting` texts are planned or held there now."""
    texts = "1 text is" if waiting == 1 else f"{waiting:,} texts are"
    blocks = [
        section(f"*{escape(what)}* stop at once, for everybody. {texts} waiting to leave there now."),
        section(f"*What stays on:* {escape(stays_on)} Cases, calls and bookings go on."),
        section(
            "A manager can resume. What was held is then checked again: what is too late by then goes to a person."
        ),
        _reason("Why?"),
    ]
    return modal("Stop texts", blocks, case_id=subject, submit=Submit("Stop now", STOP))


def lift(halts: Sequence[tuple[str, str]]) -> View:
    """Pick one of the `halts` (id, words) to end."""
    if not halts:
        return message("Resume texts", ["Nothing is stopped. All texts may leave."])
    options = [option(words, halt) for halt, words in halts[:100]]
    which = static_select(_WHICH, options, placeholder="Pick what to resume")
    blocks = [
        input_block("What may leave again?", _WHICH, element=which),
        _reason("What has been put right?"),
        context(
            "Held texts leave in their hours, each checked again. Reminders and first texts that are too late become calls."
        ),
    ]
    return modal("Resume texts", blocks, case_id="halt", submit=Submit("Resume", LIFT))


def stop_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted stop form; Refused with a sentence when it is not one of ours."""
    return Submission(subject_of(view, STOP), typed(view, _REASON) or "")


def lift_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted resume form."""
    subject_of(view, LIFT)
    return Submission(chosen(view, _WHICH, ask="Pick what to resume."), typed(view, _REASON) or "")


def _reason(label: str) -> dict[str, Any]:
    field = input_text(_REASON, max_length=200, multiline=False)
    return input_block(f"{label} (shown to all teams: no patient names)", _REASON, element=field)
