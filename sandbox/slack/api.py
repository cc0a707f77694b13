"""The Web API: one route, a table of methods, and what every method has in common."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.slack import accounts, chat_methods, files, lookup_methods, oauth, uploads, view_methods
from sandbox.slack.answers import ApiError
from sandbox.slack.faults import Call, Fault
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class Method:
    """`tier` is the published rate tier (chat.postMessage has its own limit a channel); `scope` None is decided inside."""

    run: Callable[[Workspace, Json], Json]
    tier: int | None
    scope: str | None = None
    writes: bool = False


METHODS: dict[str, Method] = {
    "auth.test": Method(lookup_methods.auth_test, None),
    "chat.postMessage": Method(chat_methods.post_message, None, "chat:write", writes=True),
    "chat.postEphemeral": Method(chat_methods.post_ephemeral, 4, "chat:write", writes=True),
    "chat.update": Method(chat_methods.update, 3, "chat:write", writes=True),
    "chat.delete": Method(chat_methods.delete, 3, "chat:write", writes=True),
    "views.open": Method(view_methods.open_view, 4, writes=True),
    "views.push": Method(view_methods.push_view, 4, writes=True),
    "views.update": Method(view_methods.update_view, 4, writes=True),
    "views.publish": Method(view_methods.publish_view, 4, writes=True),
    "conversations.info": Method(lookup_methods.conversation, 3),
    "conversations.list": Method(lookup_methods.conversations, 2),
    "conversations.members": Method(lookup_methods.members, 4),
    "conversations.open": Method(lookup_methods.open_direct, 3, "im:write", writes=True),
    "conversations.history": Method(lookup_methods.history, 3),
    "conversations.replies": Method(lookup_methods.replies, 3),
    "files.info": Method(files.info, 4, "files:read"),
    "files.getUploadURLExternal": Method(uploads.ask, 4, "files:write"),
    "files.completeUploadExternal": Method(uploads.complete, 4, "files:write", writes=True),
    "users.info": Method(lookup_methods.user, 4, "users:read"),
    "users.list": Method(lookup_methods.users, 2, "users:read"),
    "usergroups.users.list": Method(accounts.group_users, 2, "usergroups:read"),
    "users.lookupByEmail": Method(lookup_methods.user_by_email, 3, "users:read.email"),
}
_JSON_ARGS = ("blocks", "view", "metadata", "attachments", "files")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class LostAnswer(Response):
    """Starts an answer and hangs up in the middle: the caller cannot know whether it happened."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        headers = [(b"content-type", b"application/json"), (b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def read_args(request: Request) -> Json:
    """Arguments from query, form or JSON body; structured ones may come as JSON in a string."""
    args: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError as bad:
            raise ApiError("invalid_json") from bad
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        args |= body
    elif kind in _FORM_TYPES:
        form = await request.form()
        args |= {name: value for name, value in form.items() if isinstance(value, str)}
    elif await request.body():
        raise ApiError("invalid_post_type")
    for name in _JSON_ARGS:
        if isinstance(args.get(name), str):
            args[name] = _unpacked(name, args[name])
    return args


def _unpacked(name: str, raw: str) -> object:
    try:
        return json.loads(raw)
    except ValueError as bad:
        word = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise ApiError(word.get(name, "invalid_arguments")) from bad


def _check_token(ws: Workspace, request: Request, args: Json) -> str:
    """The token that was given, if it counts."""
    in_args = args.pop("token", None)
    header = request.headers.get("authorization", "")
    token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else in_args
    if not token:
        raise ApiError("not_authed")
    ws.grants.check(str(token))
    return str(token)


def _carry_out(ws: Workspace, name: str, args: Json, *, fault: Fault | None) -> Json:
    if fault and fault.refuses:
        raise _planted(fault)
    if name not in METHODS:
        raise ApiError("unknown_method", req_method=name)
    method = METHODS[name]
    if method.scope:
        ws.need(method.scope)
    if method.tier:
        ws.gates.take_tier(name, method.tier, factor=ws.config.tier_factor)
    with ws.lock:
        answer = {"ok": True, **method.run(ws, args)}
    if method.writes:
        ws.changed()
    return answer


def _own(ws: Workspace, name: str, token: str, args: Json) -> Json | None:
    """The methods about the token itself; None for all others."""
    given = ws.grants.check(token)
    if name == "auth.revoke":
        return oauth.auth_revoke(ws, token)
    if name == "apps.uninstall":
        return oauth.apps_uninstall(ws, given, args)
    if name == "auth.test" and given.place == ws.config.enterprise_id:
        whole = {"enterprise_id": given.place, "team_id": given.place, "team": ws.config.enterprise_name}
        return {"ok": True, **lookup_methods.auth_test(ws, {}), **whole, "is_enterprise_install": True}
    return None


def _planted(fault: Fault) -> ApiError:
    status = fault.status or (429 if fault.error == "ratelimited" else 200)
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return ApiError(
        fault.error or ("ratelimited" if status == 429 else "internal_error"), status=status, headers=headers
    )


def routes(ws: Workspace) -> APIRouter:
    """`/slack/api/{method}`, to be given to WebClient as `base_url` with a slash at its end."""
    router = APIRouter()

    @router.api_route("/slack/api/{name}", methods=["GET", "POST"])
    async def call(name: str, request: Request) -> Response:
        args: Json = {}
        status, headers = 200, {"x-oauth-scopes": ",".join(sorted(ws.config.scopes))}
        fault = ws.faults.take(name)
        if fault and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault and fault.drop == "request":
            return LostAnswer()
        try:
            args = await read_args(request)
            token = _check_token(ws, request, args)
            answer = _own(ws, name, token, args) if fault is None else None
            if answer is None:
                answer = _carry_out(ws.target(ws.grants.check(token), args), name, args, fault=fault)
        except ApiError as refusal:
            answer, status = refusal.body(), refusal.status
            headers |= refusal.headers
        ws.calls.add(Call(name, args, answer, status, ws.machine()))
        return LostAnswer() if fault and fault.drop == "answer" else JSONResponse(answer, status, headers)

    return router
