"""One question about a case, answered by one press: a button for each answer, its code in the action and the case in the value."""

from collections.abc import Mapping, Sequence

from bot.blocks import Block, View, actions, button, context, escape, section
from bot.modals.frame import modal

A_ROW = 5


def build(case_id: str, title: str, question: str, choices: Mapping[str, str], *, below: str = "") -> View:
    """`choices` as {action id: words}; `below` is what to know before pressing."""
    buttons = [button(words, action_id, value=case_id) for action_id, words in choices.items()]
    rows: Sequence[Block] = [actions(*buttons[at : at + A_ROW]) for at in range(0, len(buttons), A_ROW)]
    note = [context(escape(below))] if below else []
    return modal(title, [section(escape(question)), *rows, *note], case_id=case_id)
