"""Notices to a team's channel that are about no case: drawn from the rows as they are now, so that a late redraw is right."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import campaign_sync, times
from bot.blocks import Message, actions, button, context, escape, header, section
from core.ids import show
from workflows import halts, staff, surroundings


def build(session: Session, kind: str, subject_id: UUID) -> Message:
    """The notice of this kind about this row."""
    return KINDS[kind](session, subject_id)


def _halt(session: Session, halt_id: UUID) -> Message:
    halt = halts.get(session, halt_id)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    what, by = halts.words_of(session, halt), staff.name(session, halt.by_id)
    since = f"Stopped {times.moment(halt.since, zone)} by {escape(by)}: {escape(halt.reason)}"
    if halt.lifted_at is not None and halt.lifted_by_id is not None:
        lifter = escape(staff.name(session, halt.lifted_by_id))
        line = f"Resumed {times.moment(halt.lifted_at, zone)} by {lifter}: {escape(halt.lifted_reason or '')}"
        return Message(f"{what} may leave again", (header(f"{what} may leave again"), section(line), context(since)))
    blocks = (
        header(f"{what} are stopped"),
        section(since),
        section(f"{escape(halts.STAYS_ON)} Cases, calls and bookings go on."),
        actions(button("Resume", "halt.lift", value=show("hlt", halt.id))),
        context("A manager resumes. Held texts are checked again then."),
    )
    return Message(f"{what} are stopped", blocks)


KINDS: dict[str, Callable[[Session, UUID], Message]] = {"halt": _halt, "campaign": campaign_sync.notice}
