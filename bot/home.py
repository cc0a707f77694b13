"""The Home tab: what waits for this person, in ids and codes only, whatever the phi level."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot import home_face, times
from bot.blocks import View, escape
from storage.db import now, org_of
from storage.tables import Case, Team
from workflows import halts, surroundings
from workflows.staff import Who

SHOWN = 20


def build(session: Session, who: Who) -> View:
    """The open cases of the person's teams, theirs first, by due time; at most twenty."""
    found = session.execute(
        select(Case, Team.name)
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .where(
            Case.org_id == org_of(session),
            Case.state != "closed",
            or_(Case.team_id.in_(who.teams), Case.owner_id == who.id),
        )
        .order_by((Case.owner_id == who.id).desc(), Case.due_at)
        .limit(SHOWN)
    )
    at, zone = now(session), ZoneInfo(surroundings.organisation_of(session).zone)
    return home_face.draw([_line(case, team, who, at) for case, team in found], halts.lines(session), at=at, zone=zone)


def _line(case: Case, team: str, who: Who, at: datetime) -> str:
    mine = "yours" if case.owner_id == who.id else "taken" if case.owner_id else "open"
    asked = f" (asked: {escape(case.asked)})" if case.asked else ""
    return f"*Case {case.number}* {case.kind.replace('_', ' ')}{asked} · {escape(team)} · {mine} · {times.due(case.due_at, now=at)}"
