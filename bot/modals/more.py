"""All that can be done with a case and is not on its card: one line each, with its button."""

from collections.abc import Sequence

from bot.blocks import View, button, context, escape, section
from bot.modals.frame import modal
from bot.modals.notice import message
from workflows.case_verbs import CaseVerb

MOST = 40
"""A line has about 100 characters, a window 12,000."""


def build(case_id: str, number: int, verbs: Sequence[CaseVerb]) -> View:
    """`verbs` in order; with none, says so."""
    title = f"Case {number}"
    if not verbs:
        return message(title, ["There is nothing more to do with this case."], case_id=case_id)
    lines = [
        section(f"*{escape(verb.label)}*\n{escape(verb.explains)}")
        | {"accessory": button(verb.label, action(verb.code), value=case_id)}
        for verb in verbs[:MOST]
    ]
    return modal(title, [*lines, context("What you press opens here, in this window.")], case_id=case_id)


def action(code: str) -> str:
    """The action id of a verb's own button."""
    return f"case.{code}"
