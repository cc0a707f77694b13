"""Roles and teams by Slack user group, where the organisation maps groups to them (docs/people.md).

A role given by hand beats every group; among groups the highest role counts (`RANK`). Who leaves the last group loses access.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from core.ids import show
from storage import audit, outbox
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import GroupMember, Staff, StaffIdentity, Team, TeamMember
from workflows import departures, surroundings
from workflows.roles import Role

KEY = "user_groups"
FIX = 'See docs/people.md: {"S0…": {"role": "agent", "teams": ["patient_access"]}}.'
RANK = (Role.VIEWER, Role.AUDITOR, Role.AGENT, Role.CLINICIAN, Role.MANAGER, Role.ADMIN)
"""From lowest to highest."""
BY_HAND, BY_GROUP = "hand", "group"
WAITING = ("no_role", "no_group")
"""Why somebody has no access whom a group may give it without an admin: nobody has taken it from them."""
GROUP = re.compile(r"S[A-Z0-9]{2,20}")


def read(said: Any, teams: Mapping[str, Any]) -> None:
    """Check what an organisation file says: {group's id: {role, teams}}; each role is named, none is guessed. Raises Misconfigured."""
    if not isinstance(said, dict):
        raise Misconfigured("user_groups is no object", fix=FIX)
    for group, given in said.items():
        if not GROUP.fullmatch(group):
            raise Misconfigured(f"user_groups: {group[:40]} is no user group's id", fix=FIX)
        if not isinstance(given, dict) or set(given) - {"role", "teams"}:
            raise Misconfigured(f"user_groups.{group} cannot be read", fix=FIX)
        if given.get("role") not in set(Role):
            raise Misconfigured(f"user_groups.{group} names no role", fix=FIX)
        unknown = set(given.get("teams", [])) - set(teams)
        if unknown:
            raise Misconfigured(f"user_groups.{group} names a team that does not exist", fix=FIX)


def mapped(session: Session) -> Mapping[str, Any]:
    """What each user group gives, by its id."""
    found: Mapping[str, Any] = surroundings.organisation_of(session).settings.get(KEY, {})
    return found


def changed(session: Session, group_id: str) -> None:
    """Slack says that a group has changed: it is read anew, whatever the event said of it, so that a late one does no harm."""
    if group_id in mapped(session):
        outbox.put(session, Topic.GROUP_READ, group_id, lane=Lane.ACTIONS)


def promise_all(session: Session, *, every_s: float = 0) -> None:
    """Have every mapped group read, one after the other."""
    for place, group_id in enumerate(sorted(mapped(session))):
        outbox.put(session, Topic.GROUP_READ, group_id, lane=Lane.ACTIONS, delay_s=place * every_s)


def strangers(session: Session, workspace: str, users: Sequence[str]) -> list[str]:
    """Those of a group whom nobody has on the staff list yet."""
    here = (StaffIdentity.org_id == org_of(session)) & (StaffIdentity.workspace == workspace)
    ours = set(session.scalars(select(StaffIdentity.external_id).where(here, StaffIdentity.external_id.in_(users))))
    return [user for user in users if user not in ours]


def members(session: Session, group_id: str, users: Sequence[str]) -> None:
    """These are in the group now, and nobody else: whoever came or went gets what their groups give together."""
    rows = (GroupMember.org_id == org_of(session)) & (GroupMember.group_id == group_id)
    left = session.scalars(
        delete(GroupMember)
        .where(rows, GroupMember.external_id.not_in(users))
        .returning(GroupMember.external_id)
        .execution_options(synchronize_session=False)
    ).all()
    came: Sequence[str] = ()
    if users:
        new = [{"org_id": org_of(session), "group_id": group_id, "external_id": user} for user in dict.fromkeys(users)]
        came = session.scalars(
            insert(GroupMember).values(new).on_conflict_do_nothing().returning(GroupMember.external_id)
        ).all()
    _settle_accounts(session, [*left, *came], waiting=users)


def forget_unmapped(session: Session) -> None:
    """Groups that the organisation maps no more give nothing; what the others give may have changed too."""
    rows = GroupMember.org_id == org_of(session)
    session.execute(
        delete(GroupMember)
        .where(rows, GroupMember.group_id.not_in(list(mapped(session))))
        .execution_options(synchronize_session=False)
    )
    by_group = select(Staff.id).where(Staff.org_id == org_of(session), Staff.role_by == BY_GROUP)
    in_team = select(TeamMember.staff_id).where(TeamMember.org_id == org_of(session), TeamMember.by_group)
    for staff_id in sorted({*session.scalars(by_group), *session.scalars(in_team)}):
        settle(session, staff_id)


def settle(session: Session, staff_id: UUID) -> None:
    """Role and teams as this person's groups give them now. Access that was taken for another reason stays taken."""
    person = session.scalars(
        select(Staff)
        .where(Staff.org_id == org_of(session), Staff.id == staff_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    gives = [mapped(session)[group_id] for group_id in groups_of(session, staff_id)]
    fewer = _teams(session, staff_id, {code for one in gives for code in one.get("teams", [])})
    role = max((Role(one["role"]) for one in gives), key=RANK.index, default=None)
    if person.role_by == BY_GROUP and role is None:
        departures.end(session, staff_id, why="no_group")
        return
    changed = person.role_by == BY_GROUP and role is not None and _role(session, person, role)
    if (fewer or changed) and person.active:
        departures.hand_over(session, staff_id, kind=departures.LESS)


def groups_of(session: Session, staff_id: UUID) -> list[str]:
    """The mapped groups that an account of theirs in good standing is in."""
    account = (StaffIdentity.org_id == GroupMember.org_id) & (StaffIdentity.external_id == GroupMember.external_id)
    found = (
        select(GroupMember.group_id)
        .join(StaffIdentity, account)
        .where(GroupMember.org_id == org_of(session), StaffIdentity.staff_id == staff_id, StaffIdentity.lost.is_(None))
    )
    return [group_id for group_id in session.scalars(found.distinct()) if group_id in mapped(session)]


def _settle_accounts(session: Session, changed: Sequence[str], *, waiting: Sequence[str]) -> None:
    """Of whoever came or went, and of members who have no access yet (an account was found for them since)."""
    person = (Staff.org_id == StaffIdentity.org_id) & (Staff.id == StaffIdentity.staff_id)
    found = select(Staff.id).join(StaffIdentity, person).where(Staff.org_id == org_of(session))
    turned = session.scalars(found.where(StaffIdentity.external_id.in_(changed)))
    without = session.scalars(
        found.where(StaffIdentity.external_id.in_(waiting), ~Staff.active, Staff.left_why.in_(WAITING))
    )
    for staff_id in sorted({*turned, *without}):
        settle(session, staff_id)


def _role(session: Session, person: Staff, role: Role) -> bool:
    """Give the role; True when it was another one. Who only waited for a group has access from now on."""
    before, waited = person.role, not person.active and person.left_why in WAITING
    if before == role and not waited:
        return False
    values: dict[str, Any] = {"role": role.value}
    if waited:
        values |= {"active": True, "left_at": None, "left_why": None}
    mine = (Staff.org_id == person.org_id) & (Staff.id == person.id)
    session.execute(update(Staff).where(mine).values(**values).execution_options(synchronize_session="fetch"))
    subject = ("staff", show("stf", person.id))
    audit.record(session, "staff.role", actor="slack", subject=subject, role=role.value, was=None if waited else before)
    if before == Role.ADMIN and role != Role.ADMIN:
        departures.demand_admin(session)
    return before != role


def _teams(session: Session, staff_id: UUID, codes: set[str]) -> bool:
    """The teams that groups give are these; True when one was taken. Teams given by hand stay."""
    wanted = select(Team.id).where(Team.org_id == org_of(session), Team.code.in_(codes))
    mine = (TeamMember.org_id == org_of(session)) & (TeamMember.staff_id == staff_id)
    taken = session.scalars(
        delete(TeamMember)
        .where(mine, TeamMember.by_group, TeamMember.team_id.not_in(wanted))
        .returning(TeamMember.team_id)
        .execution_options(synchronize_session=False)
    ).all()
    for team_id in session.scalars(wanted).all():
        row = insert(TeamMember).values(org_id=org_of(session), team_id=team_id, staff_id=staff_id, by_group=True)
        session.execute(row.on_conflict_do_nothing())
    return bool(taken)
