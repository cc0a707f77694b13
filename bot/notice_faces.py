"""How notices about no case look. Drawing asks nobody: everything is handed in, so that a face can be looked at without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks import Block, Message, actions, button, context, escape, header, section


@dataclass(frozen=True)
class HaltView:
    """A stop of texts; `lifted` is "Tue Dec 1, 3:00 pm by Ana: the number works again" once it is over."""

    halt_id: str
    what: str
    since: str
    stays_on: str
    lifted: str | None = None


@dataclass(frozen=True)
class DisruptionView:
    """A provider out or a site closed; `approved` is "Tue Dec 1, 3:00 pm by Ana" once somebody did."""

    disruption_id: str
    title: str
    asked: str
    counts: Mapping[str, Any]
    approved: str | None = None


def halt(view: HaltView) -> Message:
    """What is stopped and why, with Resume; one line more than that once it is over."""
    since = f"Stopped {escape(view.since)}"
    if view.lifted is not None:
        title = f"{view.what} may leave again"
        return Message(escape(title), (header(title), section(f"Resumed {escape(view.lifted)}"), context(since)))
    title = f"{view.what} are stopped"
    blocks: tuple[Block, ...] = (
        header(title),
        section(since),
        section(f"{escape(view.stays_on)} Cases, calls and bookings go on."),
        actions(button("Resume", "halt.lift", value=view.halt_id)),
        context("A manager resumes. Held texts are checked again then."),
    )
    return Message(escape(title), blocks)


def disruption(view: DisruptionView) -> Message:
    """What it touches, and Review and approve until somebody has."""
    counts = view.counts
    asked = f"Asked by {escape(view.asked)}"
    count = (
        f"{counts['visits']} visits, {counts['textable']} patients reached by text, {counts['to_call']} to be called."
    )
    if view.approved is None:
        look = button("Review and approve", "disruption.look", value=view.disruption_id, style="primary")
        title = f"{view.title}: approve the move"
        return Message(escape(view.title), (header(title), section(asked), section(count), actions(look)))
    done = f"Approved {escape(view.approved)}. Their reminders are stopped; each patient is told not to come."
    return Message(escape(view.title), (header(view.title), section(done), section(count), context(asked)))
