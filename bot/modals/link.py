"""Link a case with another one of the patient, or merge that one into it: numbers and kinds, nothing of the patient."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks import View, actions, button, context, escape, section
from bot.modals.frame import modal
from bot.modals.notice import message

MOST = 10
LINKS = tuple(f"case.link.{place}" for place in range(MOST))
MERGES = tuple(f"case.merge.{place}" for place in range(MOST))


@dataclass(frozen=True)
class Other:
    """Another open case: its id, and what is said of it."""

    id: str
    number: int
    words: str


def build(case_id: str, number: int, others: Sequence[Other]) -> View:
    """Two buttons for each of the first ten; with none, says so. A button's value is both ids."""
    title = f"Link case {number}"
    if not others:
        return message(title, ["The patient has no other open case."], case_id=case_id)
    blocks = []
    for place, other in enumerate(others[:MOST]):
        value = f"{case_id}:{other.id}"
        blocks += [
            section(f"*Case {other.number}* · {escape(other.words)}"),
            actions(button("Link", LINKS[place], value=value), button("Merge into this", MERGES[place], value=value)),
        ]
    note = context(f"Linked cases show each other's number. Merged: the other is closed, and case {number} goes on.")
    return modal(title, [*blocks, note], case_id=case_id)
