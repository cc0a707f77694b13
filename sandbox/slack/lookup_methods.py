"""Reading the workspace: who the app is, conversations, people, history."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.slack import accounts
from sandbox.slack.answers import ApiError
from sandbox.slack.config import Person
from sandbox.slack.rooms import Message, Room, public_message
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

T = TypeVar("T")


def auth_test(ws: Workspace, _args: Json) -> Json:
    config = ws.config
    return {
        "url": f"{config.base_url}/",
        "team": config.team_name,
        "user": "careloop",
        "team_id": config.team_id,
        "user_id": config.bot_user_id,
        "bot_id": config.bot_id,
        "is_enterprise_install": False,
    }


def _whole(args: Json, name: str, *, default: int, most: int) -> int:
    try:
        value = int(args.get(name) or default)
    except (TypeError, ValueError) as bad:
        raise ApiError("invalid_limit") from bad
    if not 1 <= value <= most:
        raise ApiError("invalid_limit")
    return value


def _page(found: Sequence[T], args: Json, *, most: int = 1000) -> tuple[list[T], str]:
    """One page and the cursor of the next one, empty at the end."""
    limit = _whole(args, "limit", default=100, most=most)
    try:
        start = int(base64.b64decode(args.get("cursor") or b"MA==", validate=True))
    except (binascii.Error, ValueError, TypeError) as bad:
        raise ApiError("invalid_cursor") from bad
    end = start + limit
    return list(found[start:end]), base64.b64encode(str(end).encode()).decode() if end < len(found) else ""


def _conversation(ws: Workspace, room: Room) -> Json:
    return {
        "id": room.id,
        "name": room.name,
        "name_normalized": room.name,
        "is_channel": not room.private,
        "is_group": room.private and not room.direct,
        "is_im": room.direct,
        "is_mpim": False,
        "is_private": room.private,
        "is_archived": room.archived,
        "is_general": False,
        "is_shared": room.shared,
        "is_ext_shared": room.shared,
        "is_org_shared": False,
        "is_member": ws.config.bot_user_id in room.members,
        "context_team_id": ws.config.team_id,
    }


def _readable(ws: Workspace, args: Json, verb: str) -> Room:
    room = ws.rooms.visible(args.get("channel"))
    ws.need(room.scope(verb))
    return room


def conversation(ws: Workspace, args: Json) -> Json:
    room = _readable(ws, args, "read")
    found = _conversation(ws, room)
    if str(args.get("include_num_members", "")).lower() in ("1", "true"):
        found["num_members"] = len(room.members)
    return {"channel": found}


def conversations(ws: Workspace, args: Json) -> Json:
    """Public channels unless `types` asks for more; private ones only where the app is a member."""
    kinds = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
    types = str(args.get("types") or "public_channel").split(",")
    for kind in types:
        if kind not in kinds:
            raise ApiError("invalid_types")
        ws.need(f"{kinds[kind]}:read")
    wanted = {f"{kinds[kind]}:read" for kind in types}
    skip_archived = str(args.get("exclude_archived", "")).lower() in ("1", "true")
    found = [
        room
        for room in ws.rooms.all.values()
        if room.scope("read") in wanted
        and (not room.private or ws.config.bot_user_id in room.members)
        and not (skip_archived and room.archived)
    ]
    page, cursor = _page(found, args)
    return {"channels": [_conversation(ws, room) for room in page], "response_metadata": {"next_cursor": cursor}}


def members(ws: Workspace, args: Json) -> Json:
    page, cursor = _page(_readable(ws, args, "read").members, args)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_direct(ws: Workspace, args: Json) -> Json:
    """The direct message with one person; group messages are not part of this workspace."""
    names = args.get("users")
    listed = names if isinstance(names, list) else [name for name in str(names or "").split(",") if name]
    if len(listed) != 1:
        raise ApiError("not_enough_users" if not listed else "invalid_user_combination")
    room = ws.rooms.direct_with(ws.person(listed[0]).id)
    return {"channel": {"id": room.id}}


def _ranged(found: list[Message], args: Json) -> list[Message]:
    oldest, latest = str(args.get("oldest") or "0"), str(args.get("latest") or "9999999999")
    inclusive = str(args.get("inclusive", "")).lower() in ("1", "true")
    try:
        low, high = float(oldest), float(latest)
    except ValueError as bad:
        raise ApiError("invalid_ts_oldest") from bad
    return [m for m in found if low < float(m.ts) < high or (inclusive and m.ts in (oldest, latest))]


def _listed(ws: Workspace, room: Room, page: list[Message], args: Json) -> list[Json]:
    metadata = str(args.get("include_all_metadata", "")).lower() in ("1", "true")
    shown = []
    for message in page:
        body = public_message(message, ws.config, metadata=metadata)
        answers = [each for each in room.seen() if each.thread_ts == message.ts and each.ts != message.ts]
        if answers:
            body |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
        shown.append(body)
    return shown


def _member_room(ws: Workspace, args: Json) -> Room:
    room = _readable(ws, args, "history")
    if ws.config.bot_user_id not in room.members:
        raise ApiError("not_in_channel")
    return room


def history(ws: Workspace, args: Json) -> Json:
    """Newest first, replies left out, metadata only with include_all_metadata."""
    room = _member_room(ws, args)
    roots = [message for message in room.seen() if message.thread_ts is None][::-1]
    page, cursor = _page(_ranged(roots, args), args, most=999)
    return _pages(_listed(ws, room, page, args), cursor)


def replies(ws: Workspace, args: Json) -> Json:
    """The root, then its replies, oldest first."""
    room = _member_room(ws, args)
    ts = args.get("ts")
    thread = [message for message in room.seen() if ts in (message.ts, message.thread_ts)]
    if not thread:
        raise ApiError("thread_not_found")
    page, cursor = _page(_ranged(thread, args), args)
    return _pages(_listed(ws, room, page, args), cursor)


def _pages(messages: list[Json], cursor: str) -> Json:
    more: Json = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": messages, "has_more": bool(cursor), **more}


def user(ws: Workspace, args: Json) -> Json:
    if args.get("user") == ws.config.bot_user_id:
        return {"user": _bot(ws)}
    return {"user": accounts.shown(ws, ws.person(args.get("user")))}


def _bot(ws: Workspace) -> Json:
    itself = accounts.shown(ws, Person(ws.config.bot_user_id, "careloop"))
    profile: dict[str, Any] = {"bot_id": ws.config.bot_id, "api_app_id": ws.config.app_id, "real_name": "Careloop"}
    return itself | {"is_bot": True, "profile": profile}


def users(ws: Workspace, args: Json) -> Json:
    everybody = [*(accounts.shown(ws, person) for person in ws.people.values() if not person.team), _bot(ws)]
    page, cursor = _page(everybody, args)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def user_by_email(ws: Workspace, args: Json) -> Json:
    wanted = str(args.get("email") or "").lower()
    for person in ws.people.values():
        if wanted and person.email.lower() == wanted and not (person.deleted or person.stranger or person.team):
            return {"user": accounts.shown(ws, person)}
    raise ApiError("users_not_found")
