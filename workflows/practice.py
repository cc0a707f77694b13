"""A case to learn on: claimed, looked at and closed like a real one, and nobody's. The EHR and the numbers hear nothing of it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import Case, Team
from workflows import cases
from workflows.roles import Verb, demand
from workflows.staff import Who

KIND = "practice"


def open_for(session: Session, who: Who) -> Case:
    """One for this person, in the first of their teams; the one that is open already if there is one."""
    demand(who.role, Verb.WORK_CASE)
    team = session.scalar(
        select(Team.code).where(Team.org_id == org_of(session), Team.id.in_(who.teams)).order_by(Team.name).limit(1)
    )
    if team is None:
        raise Refused(
            "You are in no team yet, so there is no channel for a practice case. Ask an admin to add you to one."
        )
    mine = (Case.org_id == org_of(session)) & Case.dedupe_key.startswith(f"{KIND}:{who.id}:")
    before = session.scalar(select(func.count()).where(mine, Case.state == "closed")) or 0
    opening = cases.Opening(
        kind=KIND,
        team=team,
        reason=KIND,
        due="4 business hours",
        dedupe_key=f"{KIND}:{who.id}:{before}",
        asked="Tue 12–17",
    )
    return cases.open_one(session, opening)
