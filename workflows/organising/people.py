"""Who works here, as what, and in which teams."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage.db import org_of, vault
from storage.tables import Staff, StaffIdentity, Team, TeamMember
from workflows import departures, user_groups
from workflows.organising import changes
from workflows.organising.changes import FILE, By
from workflows.roles import Role

E164 = re.compile(r"\+[1-9]\d{6,14}")
NO_NUMBER = "That is no phone number with its country. Write it as +13125550123. Nothing was saved."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person as they are to be. `teams`: codes; `only_these` takes them out of every other team. Without a role a user group gives one,
    without `slack_id` the account is found by e-mail."""

    name: str
    email: str
    role: Role | None
    teams: Sequence[str] = ()
    workspace: str = ""
    slack_id: str = ""
    phone: str | None = field(default=None, repr=False)
    only_these: bool = False


def of_account(session: Session, workspace: str, slack_id: str) -> Staff | None:
    """Whose Slack account this is, active or not."""
    whose = (StaffIdentity.org_id == Staff.org_id) & (StaffIdentity.staff_id == Staff.id)
    return session.scalar(
        select(Staff)
        .join(StaffIdentity, whose)
        .where(
            Staff.org_id == org_of(session),
            StaffIdentity.workspace == workspace,
            StaffIdentity.external_id == slack_id,
        )
        .execution_options(populate_existing=True)
    )


def of_email(session: Session, email: str) -> Staff | None:
    """Who has this address, active or not."""
    return session.scalar(
        select(Staff)
        .where(Staff.org_id == org_of(session), func.lower(Staff.email) == email.strip().lower())
        .execution_options(populate_existing=True)
    )


def shown(session: Session, person: Staff | None) -> dict[str, Any] | None:
    """What a form shows of a person, for `changes.mark`."""
    if person is None:
        return None
    return {"role": person.role, "teams": teams_of(session, person.id), "active": person.active}


def teams_of(session: Session, staff_id: UUID) -> list[str]:
    """Codes of a person's teams."""
    mine = (TeamMember.org_id == Team.org_id) & (TeamMember.team_id == Team.id)
    found = select(Team.code).join(TeamMember, mine)
    return list(
        session.scalars(
            found.where(Team.org_id == org_of(session), TeamMember.staff_id == staff_id).order_by(Team.code)
        )
    )


def counts(session: Session) -> dict[str, int]:
    """How many active people have each role."""
    found = select(Staff.role, func.count()).where(Staff.org_id == org_of(session), Staff.active).group_by(Staff.role)
    return {row[0]: row[1] for row in session.execute(found)}


def keep(session: Session, wanted: Wanted, *, by: By = FILE) -> UUID:
    """Make the person, or bring them up to this. Refused when somebody else saved meanwhile, or when nobody would be admin."""
    changes.lock(session)
    row = of_email(session, wanted.email)
    before = shown(session, row)
    about = str(row.id) if row else "new"
    changes.demand_unseen(session, by, area="person", about=about, before=before)
    if by is not FILE:
        _demand_an_admin(session, row, wanted)
    staff_id = _person(session, row, wanted)
    _teams(session, staff_id, wanted)
    if row is not None and before is not None:
        _less(session, row.id, before)
    if wanted.phone:
        phone(session, staff_id, wanted.phone)
    after = shown(session, of_email(session, wanted.email))
    changes.record(session, by, area="person", about=str(staff_id), before=before, after=after)
    return staff_id


def phone(session: Session, staff_id: UUID, said: str) -> None:
    """Where a page reaches them, sealed. Raises Misconfigured for what is no number."""
    if not E164.fullmatch(said):
        raise Misconfigured("a member of staff has a phone that is no number", fix="Write it as +13125550123.")
    keys = vault(session)
    sealed = {"phone": keys.seal(said, "staff.phone", staff_id), "phone_hash": keys.lookup("phone", said)}
    session.execute(update(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id).values(**sealed))


def _person(session: Session, row: Staff | None, wanted: Wanted) -> UUID:
    values: dict[str, Any] = {
        "name": wanted.name,
        "role_by": user_groups.BY_HAND if wanted.role else user_groups.BY_GROUP,
    }
    if wanted.role:
        values["role"] = wanted.role.value
    if row is not None:
        staff_id = row.id
        mine = update(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id)
        session.execute(mine.values(**values))
        if wanted.role:  # who only waited for a user group need not any more
            given = mine.where(Staff.left_why.in_(user_groups.WAITING))
            session.execute(given.values(active=True, left_at=None, left_why=None))
    else:
        waits = {} if wanted.role else {"role": Role.VIEWER.value, "active": False, "left_why": "no_role"}
        new = insert(Staff).values(org_id=org_of(session), email=wanted.email, **(values | waits))
        made = new.returning(Staff.id)
        staff_id = session.scalars(made).one()
    if wanted.slack_id:
        account = {"workspace": wanted.workspace, "external_id": wanted.slack_id}
        identity = insert(StaffIdentity).values(org_id=org_of(session), staff_id=staff_id, **account)
        session.execute(identity.on_conflict_do_nothing())
    return staff_id


def _less(session: Session, staff_id: UUID, before: dict[str, Any]) -> None:
    """Whoever may do less than before keeps the cases they may still work on; the others are handed over."""
    now = select(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id)
    person = session.scalars(now.execution_options(populate_existing=True)).one()
    fewer = set(before["teams"]) - set(teams_of(session, staff_id))
    if person.active and (fewer or person.role != before["role"]):
        departures.hand_over(session, staff_id, kind=departures.LESS)


def _teams(session: Session, staff_id: UUID, wanted: Wanted) -> None:
    found = select(Team.code, Team.id).where(Team.org_id == org_of(session))
    known = {row[0]: row[1] for row in session.execute(found)}
    for code in wanted.teams:
        member = insert(TeamMember).values(org_id=org_of(session), team_id=known[code], staff_id=staff_id)
        by_hand = member.on_conflict_do_update(
            index_elements=["org_id", "team_id", "staff_id"], set_={"by_group": False}
        )
        session.execute(by_hand)
    if wanted.only_these:
        kept = [known[code] for code in wanted.teams]
        mine = (TeamMember.org_id == org_of(session)) & (TeamMember.staff_id == staff_id)
        session.execute(delete(TeamMember).where(mine, TeamMember.team_id.not_in(kept)))


def _demand_an_admin(session: Session, row: Staff | None, wanted: Wanted) -> None:
    if row is None or row.role != Role.ADMIN or wanted.role is Role.ADMIN:
        return
    others = select(Staff.id).where(
        Staff.org_id == org_of(session), Staff.role == Role.ADMIN.value, Staff.active, Staff.id != row.id
    )
    if session.scalar(others.limit(1)) is None:
        raise Refused(f"{row.name} is the only admin. Make somebody else an admin first. Nothing was saved.")
