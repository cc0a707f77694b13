"""A case to learn on: claimed, given a new time and closed like a real one, and nobody's. EHR and numbers hear nothing of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Case, Team
from workflows import cases, team_hours
from workflows.roles import Role, Verb, demand
from workflows.staff import PRACTICE, Who

KIND = PRACTICE
DONE = "practised"
AHEAD = (timedelta(hours=3), timedelta(hours=7), timedelta(hours=12), timedelta(hours=20))
"""Of working time: so far ahead are the made-up times."""


def open_for(session: Session, who: Who) -> Case:
    """One for this person, in the first of their teams; the one that is open already if there is one."""
    demand(who.role, Verb.PRACTISE)
    teams = select(Team.code).where(Team.org_id == org_of(session))
    mine = teams.where(Team.id.in_(who.teams)).order_by(Team.name).limit(1)
    team = session.scalar(mine)
    if team is None and who.role is Role.ADMIN:  # who sets everything up need not be in a team
        team = session.scalar(teams.order_by(Team.clinical, Team.name).limit(1))
    if team is None:
        raise Refused(
            "You are in no team yet, so there is no channel for a practice case. Ask an admin to add you to one."
        )
    ended = Case.dedupe_key.startswith(f"{KIND}:{who.id}:") & (Case.state == "closed")
    before = session.scalar(select(func.count()).where(Case.org_id == org_of(session), ended)) or 0
    opening = cases.Opening(
        kind=KIND,
        team=team,
        reason=KIND,
        due="4 business hours",
        dedupe_key=f"{KIND}:{who.id}:{before}",
        asked="Tue 12–17",
    )
    return cases.open_one(session, opening)


def times(session: Session, case_id: UUID, *, by: Who) -> tuple[Case, Sequence[tuple[datetime, datetime]]]:
    """The case and made-up free times of the team's next days. Refused unless the case is practice, and theirs."""
    case = cases.owned(session, case_id, by=by)
    if case.kind != KIND:
        raise Refused(f"Case {case.number} is no practice. Nothing was changed.")
    code = session.scalars(select(Team.code).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
    work, half = team_hours.of(session, code), timedelta(minutes=30)
    hour = now(session).replace(minute=0, second=0, microsecond=0)
    begins = [work.after(ahead, hour) for ahead in AHEAD]
    return case, [(begin, begin + half) for begin in begins]


def book(session: Session, case_id: UUID, *, by: Who) -> Case:
    """The end of the exercise: what a booking would do, without the EHR and without a text."""
    case, _ = times(session, case_id, by=by)
    return cases.close(session, case, disposition=DONE, actor=by.actor, staff_id=by.id)


def done_by_any(session: Session) -> bool:
    """Whether somebody took a practice case to its end."""
    ended = select(Case.id).where(
        Case.org_id == org_of(session), Case.kind == KIND, Case.state == "closed", Case.disposition == DONE
    )
    return session.scalar(ended.limit(1)) is not None
