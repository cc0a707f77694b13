"""The person behind a click: found by Slack identity, with role and teams as they are now."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import opened, org_of, vault
from storage.tables import Case, Staff, StaffIdentity, Team, TeamMember
from workflows.roles import Role, Verb, demand

TEAMS = select(TeamMember.team_id).where(TeamMember.org_id == Staff.org_id, TeamMember.staff_id == Staff.id)
PERSON = select(Staff.id, Staff.name, Staff.role, func.array(TEAMS.correlate(Staff).scalar_subquery()))
OF_SLACK = PERSON.join(
    StaffIdentity, (StaffIdentity.org_id == Staff.org_id) & (StaffIdentity.staff_id == Staff.id)
).where(
    Staff.org_id == bindparam("org"),
    StaffIdentity.workspace == bindparam("workspace"),
    StaffIdentity.external_id == bindparam("external_id"),
    StaffIdentity.lost.is_(None),
    Staff.active,
)
CLICK = text(
    "SELECT 0, at, ids, id, name, role, teams, fresh FROM careloop.enter_as(CAST(:org AS uuid), :workspace, :account, :source, :ticket)"
)
"""Opens a transaction (`Database.begin`) as `clicker`."""
TEAM = select(Team.name, Team.clinical).where(Team.org_id == bindparam("org"), Team.id == bindparam("team"))
PRACTICE = "practice"
"""The kind of case that is nobody's: to learn on."""
STRANGER = "You are not on Careloop's staff list, so nothing was done. Ask an admin to add your Slack account."

LOST = {
    "deactivated": "is deactivated",
    "guest": "is a guest's",
    "moved": "is not in this workspace any more",
}
WHY = {
    "deactivated": "the Slack account was deactivated",
    "guest": "the Slack account became a guest's",
    "moved": "the Slack account left the workspace",
    "no_group": "no user group gives them a role any more",
    "no_role": "nobody has given them a role yet",
}
"""Why access ended, to others."""
ENDED = {
    "deactivated": "your Slack account was deactivated",
    "guest": "your Slack account became a guest's",
    "moved": "your Slack account left this workspace",
    "no_group": "you are in no user group that gives a role here any more",
    "no_role": "nobody has given you a role here yet",
}
"""The same to themselves."""


class Stranger(Refused):
    """A Slack account that is nobody's on the staff list; an admin is told."""


class Left(Refused):
    """A Slack account of somebody whose access has ended; admins know already."""


@dataclass(frozen=True, slots=True)
class Who:
    """A member of staff, for one request."""

    id: UUID
    name: str
    role: Role
    teams: frozenset[UUID]

    @property
    def actor(self) -> str:
        """As the audit names them."""
        return f"staff:{self.id}"


def of_slack(session: Session, workspace: str, external_id: str) -> Who:
    """The staff member of a Slack account; Refused for anybody who is not, or is no longer, staff."""
    account = {"org": org_of(session), "workspace": workspace, "external_id": external_id}
    found = session.execute(OF_SLACK, account).one_or_none()
    if found is None:
        raise _nobody(session, workspace, external_id)
    return _who(found)


def clicker(session: Session, workspace: str, external_id: str) -> tuple[Who, bool]:
    """`of_slack`, and whether the ticket is seen for the first time (`receipts.first`), in a transaction that `CLICK` opened."""
    person, called, role, teams, fresh = opened(session)
    if person is None:
        raise _nobody(session, workspace, external_id)
    return Who(id=person, name=called, role=Role(role), teams=frozenset(teams)), bool(fresh)


def of_id(session: Session, staff_id: UUID) -> Who:
    """The same for a signed-in page session."""
    found = session.execute(
        PERSON.where(Staff.org_id == org_of(session), Staff.id == staff_id, Staff.active)
    ).one_or_none()
    if found is None:
        raise Refused("This account is no longer active.")
    return _who(found)


def of_any_id(session: Session, staff_id: UUID) -> Who:
    """The same of somebody who did something, whether they are still active or not: for what follows from it later."""
    return _who(session.execute(PERSON.where(Staff.org_id == org_of(session), Staff.id == staff_id)).one())


def of_email(session: Session, email: str) -> Who:
    """The same by e-mail, for operator commands that act in somebody's name."""
    found = session.execute(
        PERSON.where(Staff.org_id == org_of(session), func.lower(Staff.email) == email.strip().lower(), Staff.active)
    ).one_or_none()
    if found is None:
        raise Refused(f"Nobody active on the staff list has the e-mail {email}.")
    return _who(found)


def slack_id(session: Session, staff_id: UUID) -> str | None:
    """A staff member's Slack account, if there is one that gives access."""
    mine = (StaffIdentity.org_id == org_of(session)) & (StaffIdentity.staff_id == staff_id)
    return session.scalar(select(StaffIdentity.external_id).where(mine, StaffIdentity.lost.is_(None)).limit(1))


def is_phone_of_any(session: Session, e164: str) -> bool:
    """Whether pages go to this number: what comes from it is a colleague's, unless a patient has it too."""
    known = Staff.phone_hash.in_(vault(session).lookups("phone", e164))
    return session.scalar(select(Staff.id).where(Staff.org_id == org_of(session), known).limit(1)) is not None


def name(session: Session, staff_id: UUID) -> str:
    """What colleagues call them."""
    return session.scalars(select(Staff.name).where(Staff.org_id == org_of(session), Staff.id == staff_id)).one()


def demand_work(session: Session, who: Who, case: Case) -> None:
    """Refuse unless this person may work on this case: own team's for an agent, and clinical ones for clinicians."""
    team = session.execute(TEAM, {"org": org_of(session), "team": case.team_id}).one()
    demand_work_of(who, case, team=team.name, clinical=team.clinical)


def demand_work_of(who: Who, case: Case, *, team: str, clinical: bool) -> None:
    """The same where the case's team is known already: its name, and whether it is a clinical one. A practice case is anybody's."""
    if case.kind == PRACTICE:
        demand(who.role, Verb.PRACTISE)
        return
    demand(who.role, Verb.WORK_CLINICAL if clinical else Verb.WORK_CASE)
    if case.kind == "legal_threat":
        demand(who.role, Verb.WORK_LEGAL)
    if who.role is Role.AGENT and case.team_id not in who.teams:
        raise Refused(f"Case {case.number} belongs to {team}. Nothing was changed. Ask them, or have it reassigned.")


def _nobody(session: Session, workspace: str, external_id: str) -> Refused:
    """Why this account may do nothing: it is nobody's, or its owner's access has ended."""
    person = (StaffIdentity.org_id == Staff.org_id) & (StaffIdentity.staff_id == Staff.id)
    found = select(Staff.active, Staff.left_why, StaffIdentity.lost).join(StaffIdentity, person)
    row = session.execute(
        found.where(
            Staff.org_id == org_of(session),
            StaffIdentity.workspace == workspace,
            StaffIdentity.external_id == external_id,
        )
    ).one_or_none()
    if row is None:
        return Stranger(STRANGER)
    why = ENDED.get(str(row.lost if row.active else row.left_why))
    because = f": {why}" if why else ""
    return Left(f"You have no access to Careloop now{because}. Nothing was done. An admin can give it to you.")


def _who(row: Row[UUID, str, str, list[UUID]]) -> Who:
    person, called, role, teams = row
    return Who(id=person, name=called, role=Role(role), teams=frozenset(teams))
