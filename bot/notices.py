"""Notices to a team's channel that are about no case: drawn from the rows as they are now, so that a late redraw is right."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import campaign_sync, times
from bot.blocks import Message, actions, button, context, escape, header, section
from core.ids import show
from storage.tables import Disruption
from workflows import disruptions, halts, staff, surroundings


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


def title_of(row: Disruption) -> str:
    """What a disruption is called: "Dr. Okafor is out on Thu Dec 3"."""
    what = "is out" if row.kind == "provider" else "is closed"
    return f"{row.label} {what} on {row.day:%a %b} {row.day.day}"


def _disruption(session: Session, disruption_id: UUID) -> Message:
    row = disruptions.get(session, disruption_id)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    title, counts = title_of(row), row.counts
    asked = f"Asked by {escape(staff.name(session, row.asked_by_id))}: {escape(row.reason)}"
    count = (
        f"{counts['visits']} visits, {counts['textable']} patients reached by text, {counts['to_call']} to be called."
    )
    if row.approved_at is None or row.approved_by_id is None:
        button_ = actions(button("Review and approve", "disruption.look", value=show("dis", row.id), style="primary"))
        return Message(title, (header(f"{title}: approve the move"), section(asked), section(count), button_))
    by = escape(staff.name(session, row.approved_by_id))
    done = f"Approved {times.moment(row.approved_at, zone)} by {by}. Their reminders are stopped; each patient is told not to come."
    return Message(title, (header(title), section(done), section(count), context(asked)))


KINDS: dict[str, Callable[[Session, UUID], Message]] = {
    "halt": _halt,
    "disruption": _disruption,
    "campaign": campaign_sync.notice,
}
