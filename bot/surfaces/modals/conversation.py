"""Conversation."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import conversation
from bot.modals.conversation import Line, Talk, Text
from bot.surfaces import worst
from workflows.case_verbs import VERBS


def lines(level: str) -> Mapping[str, View]:
    """Three hundred texts, and none. At level none the window is never opened; it would hold no text."""
    handoff = [Line(label, worst.LONG) for label in ("Asked", "How urgent", "Tried", "Promised", "Now")]
    text = Text(worst.PERSON, "Wed Dec 30, 12:00 pm", worst.BODY, worst.LONG, asks=True)
    worst_talk = Talk(
        worst.case(),
        9_999_999,
        worst.patient_line(level) or "",
        handoff,
        handoff,
        [text] * 300 if level != "none" else [],
        [worst.LONG] * 5,
        VERBS[:6],
        20,
    )
    empty = Talk(worst.case(), 1, "", handoff[:1], (), ())
    return {"worst": conversation.build(worst_talk), "empty": conversation.build(empty)}
