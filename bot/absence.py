"""What whoever takes over reads when somebody goes off: who, until when, and which cases are theirs now. Numbers only."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import times
from bot.blocks import Message, context, escape, header, section
from core.ids import parse
from storage.db import now, org_of
from storage.tables import Absence, Case
from workflows import absences, staff, surroundings

MOST_LINES = 25


def notice(session: Session, absence_id: UUID, *, channel: str) -> Message:
    """One summary for one receiver: a colleague's direct messages, or a team's channel."""
    row = session.scalars(select(Absence).where(Absence.org_id == org_of(session), Absence.id == absence_id)).one()
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    who = staff.name(session, row.staff_id)
    mine = [entry.partition(">")[0] for entry in absences.handed_to(session, row, channel=channel)]
    found = _cases(session, [parse("cas", case_id) for case_id in mine])
    until = times.moment_near(row.ends_at, zone, now=now(session))
    title = f"{who} is off until {until}" if row.kind == "off" else f"{who}'s turn on call ended at {until}"
    some = f"{len(found)} case{'s' if len(found) != 1 else ''}"
    one = channel.startswith(("U", "W"))
    what = f"{some} of theirs {'are' if len(found) != 1 else 'is'} {'yours' if one else 'open to this team again'}."
    lines = [f"• Case {case.number}, {times.due(case.due_at, now=now(session))}" for case in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"… and {len(found) - MOST_LINES} more on the worklist")
    blocks = (
        header(title),
        section(escape("\n".join([what, *lines]))),
        context("They stay here when somebody comes back."),
    )
    return Message(escape(f"{title}: {what}"), blocks)


def _cases(session: Session, ids: list[UUID]) -> list[Case]:
    found = select(Case).where(Case.org_id == org_of(session), Case.id.in_(ids))
    return list(session.scalars(found.order_by(Case.due_at)))
