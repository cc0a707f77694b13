"""What whoever takes over reads when somebody goes off: who, until when, and which cases are theirs now. Numbers only."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import notice_faces, times
from bot.blocks import Message
from core.ids import parse
from storage.db import now, org_of
from storage.tables import Absence, Case
from workflows import absences, staff, surroundings


def notice(session: Session, absence_id: UUID, *, channel: str) -> Message:
    """One summary for one receiver: a colleague's direct messages, or a team's channel."""
    row = session.scalars(select(Absence).where(Absence.org_id == org_of(session), Absence.id == absence_id)).one()
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    who = staff.name(session, row.staff_id)
    mine = [entry.partition(">")[0] for entry in absences.handed_to(session, row, channel=channel)]
    found = _cases(session, [parse("cas", case_id) for case_id in mine])
    until = times.moment_near(row.ends_at, zone, now=now(session))
    cases = tuple((case.number, times.due(case.due_at, now=now(session))) for case in found)
    one = channel.startswith(("U", "W"))
    return notice_faces.absence(notice_faces.AbsenceView(who, row.kind, until, one, cases))


def _cases(session: Session, ids: list[UUID]) -> list[Case]:
    found = select(Case).where(Case.org_id == org_of(session), Case.id.in_(ids))
    return list(session.scalars(found.order_by(Case.due_at)))
