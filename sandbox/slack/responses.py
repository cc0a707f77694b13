"""Response URLs: five answers to one interaction within thirty minutes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.answers import ApiError
from sandbox.slack.chat_methods import message_parts, rewrite
from sandbox.slack.passes import ResponseUrl
from sandbox.slack.rooms import Message, Room, public_message
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


def say(ws: Workspace, answered: ResponseUrl, body: Json) -> None:
    """What the app answers to an interaction: a whisper to that person unless it asks for the whole channel."""
    text, blocks = message_parts(body)
    room = ws.rooms.all[answered.channel]
    message = ws.rooms.written(ws.config.bot_user_id, text, blocks, by_bot=True)
    message.thread_ts = ws.rooms.thread(room, body.get("thread_ts"))
    if body.get("response_type") != "in_channel":
        message.ephemeral_to = answered.user
    ws.post(room, message)


def _source(ws: Workspace, answered: ResponseUrl) -> tuple[Room, Message]:
    room = ws.rooms.all[answered.channel]
    return room, ws.rooms.message(room, answered.source_ts)


def _delete_original(ws: Workspace, answered: ResponseUrl) -> None:
    room, message = _source(ws, answered)
    before = public_message(message, ws.config)
    message.deleted, message.text, message.blocks = True, "", []
    if message.ephemeral_to is None:
        ws.tell_deleted(room, message.ts, before)


def _replace_original(ws: Workspace, answered: ResponseUrl, body: Json) -> None:
    text, blocks = message_parts(body)
    room, message = _source(ws, answered)
    before = public_message(message, ws.config)
    rewrite(ws, message, {"text": text, "blocks": blocks})
    if message.ephemeral_to is None:
        ws.tell_edited(room, message, before)


def _answer(ws: Workspace, token: str, body: Json) -> None:
    answered = ws.passes.valid_response(token)
    if body.get("delete_original") is True and answered.source_ts:
        _delete_original(ws, answered)
    elif body.get("replace_original") is True and answered.source_ts:
        _replace_original(ws, answered, body)
    else:
        say(ws, answered, body)
    answered.used += 1


def routes(ws: Workspace) -> APIRouter:
    """`/slack/response/{token}`: needs no API token, for the address is the secret."""
    router = APIRouter()

    @router.post("/slack/response/{token}")
    async def respond(token: str, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        if not isinstance(body, dict):
            return PlainTextResponse("invalid_payload", 400)
        home = ws.holding(token)
        try:
            with home.lock:
                _answer(home, token, body)
        except ApiError as refusal:
            status = refusal.status if refusal.status != 200 else 400
            return JSONResponse(refusal.body(), status)
        home.changed()
        return PlainTextResponse("ok")

    return router
