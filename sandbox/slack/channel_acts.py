"""What people do to a channel: archive, make public, share, rename, take out, let in. The app hears what Slack tells it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from sandbox.slack.rooms import Room
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

PARTNER = "T0PARTNER"
NAME = re.compile(r"[\w-]{1,80}")
ONE_THING = 1


class ChannelChange(BaseModel):
    """One thing done to a channel by a member of it; what is left out stays. `quiet`: Slack's event is lost on its way."""

    user: str
    channel: str
    archived: bool | None = None
    private: bool | None = None
    shared: bool | None = None
    name: str | None = None
    remove: str | None = None
    invite: str | None = None
    quiet: bool = False


def change(ws: Workspace, act: ChannelChange) -> Json:
    """Do it, or 403, 404, 409, 422 with why Slack would not."""
    done = [key for key in act.model_dump(exclude_none=True) if key not in ("user", "channel", "quiet")]
    if len(done) != ONE_THING:
        raise HTTPException(422, "one thing at a time")
    with ws.lock:
        room = _room(ws, act)
        there = ws.config.bot_user_id in room.members
        event = {
            "archived": _archive, "private": _convert, "shared": _share, "name": _rename, "remove": _remove,
            "invite": _invite,
        }[done[0]](ws, room, act)  # fmt: skip
        heard = (there or ws.config.bot_user_id in room.members) and room.scope("read") in ws.config.scopes
        if event is not None and heard and not act.quiet:
            ws.deliveries.event(ws.payloads.event(event))
    ws.changed()
    return {"channel": {"id": room.id, "name": room.name, "members": list(room.members)}}


def _room(ws: Workspace, act: ChannelChange) -> Room:
    room = ws.rooms.all.get(act.channel)
    if room is None or room.direct:
        raise HTTPException(404, "there is no such channel")
    if act.user not in room.members:
        raise HTTPException(403, "that person is not in the channel")
    if room.archived and act.archived is None:
        raise HTTPException(409, "is_archived: an archived channel is only unarchived")
    return room


def _kind(room: Room) -> str:
    return "group" if room.private else "channel"


def _archive(_ws: Workspace, room: Room, act: ChannelChange) -> Json:
    if room.archived is act.archived:
        raise HTTPException(409, "already_archived" if room.archived else "not_archived")
    room.archived = bool(act.archived)
    what = "archive" if room.archived else "unarchive"
    return {"type": f"{_kind(room)}_{what}", "channel": room.id, "user": act.user}


def _convert(_ws: Workspace, room: Room, act: ChannelChange) -> None:
    """The change is a message in the channel; an app that may not read public channels is told nothing."""
    if room.private is act.private:
        raise HTTPException(409, "it is so already")
    room.private = bool(act.private)


def _share(_ws: Workspace, room: Room, act: ChannelChange) -> Json:
    if room.shared is act.shared:
        raise HTTPException(409, "it is so already")
    room.shared = bool(act.shared)
    if room.shared:
        return {"type": "channel_shared", "connected_team_id": PARTNER, "channel": room.id}
    gone: Json = {"previously_connected_team_id": PARTNER, "is_ext_shared": False}
    return {"type": "channel_unshared", "channel": room.id, **gone}


def _rename(ws: Workspace, room: Room, act: ChannelChange) -> Json:
    name = str(act.name)
    if not NAME.fullmatch(name) or name != name.lower():
        raise HTTPException(422, "invalid_name: lower case, at most 80 letters, digits, - and _")
    if any(other.name == name and other is not room for other in ws.rooms.all.values()):
        raise HTTPException(409, "name_taken")
    room.name = name
    return {"type": f"{_kind(room)}_rename", "channel": {"id": room.id, "name": name, "created": int(ws.machine())}}


def _remove(ws: Workspace, room: Room, act: ChannelChange) -> Json:
    who = str(act.remove)
    if who not in room.members:
        raise HTTPException(409, "not_in_channel")
    room.members.remove(who)
    if who == ws.config.bot_user_id:
        return {"type": f"{_kind(room)}_left", "channel": room.id, "actor_id": act.user}
    return {"type": "member_left_channel", "user": who, **_where(ws, room)}


def _invite(ws: Workspace, room: Room, act: ChannelChange) -> Json:
    who = str(act.invite)
    if who != ws.config.bot_user_id and who not in ws.people:
        raise HTTPException(404, "user_not_found")
    if who in room.members:
        raise HTTPException(409, "already_in_channel")
    room.members.append(who)
    return {"type": "member_joined_channel", "user": who, "inviter": act.user, **_where(ws, room)}


def _where(ws: Workspace, room: Room) -> Json:
    place: dict[str, Any] = {"channel": room.id, "channel_type": "G" if room.private else "C"}
    return {**place, "team": ws.config.team_id}


def acts(router: APIRouter, ws: Workspace) -> None:
    """`/channel`, below `/act/slack`."""

    @router.post("/channel")
    async def channel(act: ChannelChange) -> Json:
        return change(ws, act)
