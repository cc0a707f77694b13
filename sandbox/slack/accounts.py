"""Accounts as Slack keeps them: deactivated, a guest's, another workspace's; and the user groups they are in. Each change is an event."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sandbox.slack.answers import ApiError
from sandbox.slack.config import Person, UserGroup
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

SINGLE, MULTI = "single", "multi"


class AccountChange(BaseModel):
    """What an owner of the workspace does to an account; what is left out stays. A new id is somebody who joins.

    `team` is the workspace the account is moved to. `quiet`: Slack's event is lost on its way.
    """

    user: str
    deleted: bool | None = None
    guest: Literal["no", "multi", "single"] | None = None
    stranger: bool | None = None
    team: str | None = None
    email: str | None = None
    name: str | None = None
    quiet: bool = False


class GroupChange(BaseModel):
    """A user group as it is from now on; a new id is a new group."""

    group: str = Field(pattern=r"^S[A-Z0-9]{2,20}$")
    users: list[str] | None = None
    disabled: bool | None = None
    quiet: bool = False


def shown(ws: Workspace, person: Person) -> Json:
    """A user object as users.info has it; the e-mail only for who may read it."""
    profile: Json = {
        "title": person.title,
        "real_name": person.name,
        "display_name": person.name,
        "team": person.team or ws.config.team_id,
    }
    if "users:read.email" in ws.config.scopes and person.email and not person.stranger:
        profile["email"] = person.email
    return {
        "id": person.id,
        "team_id": person.team or ws.config.team_id,
        "name": person.name,
        "real_name": person.name,
        "deleted": person.deleted,
        "is_bot": False,
        "is_app_user": False,
        "is_restricted": bool(person.guest),
        "is_ultra_restricted": person.guest == SINGLE,
        "is_stranger": person.stranger,
        "is_admin": False,
        "profile": profile,
    }


def change(ws: Workspace, act: AccountChange) -> Json:
    """Deactivate, reactivate, make a guest or a member of, move, rename; the app hears of it unless it is `quiet`."""
    with ws.lock:
        before = ws.people.get(act.user) or Person(act.user, act.name or act.user)
        asked = {name: getattr(act, name) for name in ("deleted", "stranger", "team", "email", "name")}
        changes = {name: value for name, value in asked.items() if value is not None}
        if act.guest is not None:
            changes["guest"] = "" if act.guest == "no" else act.guest
        person = ws.people[act.user] = replace(before, **changes)
    if not act.quiet and "users:read" in ws.config.scopes:
        event = {"type": "user_change", "user": shown(ws, person), "cache_ts": int(ws.machine())}
        ws.deliveries.event(ws.payloads.event(event))
    ws.changed()
    return {"user": shown(ws, person)}


def change_group(ws: Workspace, act: GroupChange) -> Json:
    """Make a group, say who is in it, disable it; the app hears of both changes as Slack tells them."""
    with ws.lock:
        unknown = set(act.users or ()) - set(ws.people)
        if unknown:
            raise HTTPException(404, "nobody here has that id")
        before = ws.groups.get(act.group) or UserGroup(act.group)
        users = before.users if act.users is None else tuple(act.users)
        group = UserGroup(act.group, users, before.disabled if act.disabled is None else act.disabled)
        ws.groups[act.group] = group
    if not act.quiet and "usergroups:read" in ws.config.scopes:
        _tell(ws, before, group)
    ws.changed()
    return {"group": asdict(group)}


def _tell(ws: Workspace, before: UserGroup, group: UserGroup) -> None:
    now = int(ws.machine())
    subteam = {
        "id": group.id,
        "team_id": ws.config.team_id,
        "is_usergroup": True,
        "date_update": now,
        "date_delete": now if group.disabled else 0,
        "users": list(group.users),
        "user_count": len(group.users),
    }
    ws.deliveries.event(ws.payloads.event({"type": "subteam_updated", "subteam": subteam}))
    added, removed = sorted(set(group.users) - set(before.users)), sorted(set(before.users) - set(group.users))
    if added or removed:
        who = {"added_users": added, "added_users_count": len(added)}
        who |= {"removed_users": removed, "removed_users_count": len(removed)}
        when = {"date_previous_update": now, "date_update": now}
        event = {"type": "subteam_members_changed", "subteam_id": group.id, "team_id": ws.config.team_id}
        ws.deliveries.event(ws.payloads.event({**event, **when, **who}))


def group_users(ws: Workspace, args: Json) -> Json:
    """Who is in a group; a disabled one does not exist unless it is asked for."""
    group = ws.groups.get(str(args.get("usergroup") or ""))
    disabled_too = str(args.get("include_disabled", "")).lower() in ("1", "true")
    if group is None or (group.disabled and not disabled_too):
        raise ApiError("no_such_subteam")
    return {"users": [user for user in group.users if not ws.people[user].deleted]}


def acts(router: APIRouter, ws: Workspace) -> None:
    """`/account` and `/user_group`, below `/act/slack`."""

    @router.post("/account")
    async def account(act: AccountChange) -> Json:
        return change(ws, act)

    @router.post("/user_group")
    async def user_group(act: GroupChange) -> Json:
        return change_group(ws, act)
