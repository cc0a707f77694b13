"""chat.*: posting, changing and removing what the app says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.slack.answers import ApiError, refused_blocks
from sandbox.slack.blocks_check import MESSAGE_BLOCKS_TEXT, MESSAGE_TEXT, blocks_errors, text_size
from sandbox.slack.chart_rules import charts_in
from sandbox.slack.rooms import Message, named, public_message
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

UPDATE_TEXT = 4_000
_METADATA_BYTES = 8_000


def message_parts(args: Json, *, longest: int = MESSAGE_TEXT) -> tuple[str, list[Json]]:
    """Text and blocks of a message, refused as Slack refuses them."""
    text, blocks = args.get("text") or "", args.get("blocks") or []
    if not isinstance(text, str):
        raise ApiError("invalid_arguments")
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not text and not blocks and not args.get("attachments"):
        raise ApiError("no_text")
    if len(text) > longest:
        raise ApiError("msg_too_long")
    complaints = blocks_errors(blocks, "message")
    if complaints:
        raise refused_blocks("invalid_blocks", complaints)
    if text_size(blocks) > MESSAGE_BLOCKS_TEXT:
        raise ApiError("msg_blocks_too_long")
    return text, blocks


def _metadata(args: Json) -> Json | None:
    metadata = args.get("metadata")
    if metadata is None:
        return None
    known = isinstance(metadata, dict) and set(metadata) == {"event_type", "event_payload"}
    if not known or not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(metadata)) > _METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return dict(metadata)


def post_message(ws: Workspace, args: Json) -> Json:
    """A new message each time: Slack has no idempotency key, so the same call twice posts twice."""
    room = ws.rooms.writable(args.get("channel"))
    ws.gates.take(f"post:{room.id}", burst=ws.config.post_burst, per_second=ws.config.post_per_second)
    text, blocks = message_parts(args)
    if charts_in(blocks) and not ws.config.native_charts:
        raise refused_blocks("invalid_blocks", ["unsupported type: data_visualization [json-pointer:/blocks]"])
    metadata, thread = _metadata(args), ws.rooms.thread(room, args.get("thread_ts"))
    message = ws.rooms.written(ws.config.bot_user_id, text, blocks, by_bot=True)
    message.metadata, message.thread_ts = metadata, thread
    ws.post(room, message)
    return {"channel": room.id, "ts": message.ts, "message": public_message(message, ws.config, metadata=True)}


def post_ephemeral(ws: Workspace, args: Json) -> Json:
    """Seen by one member only; it has no history and cannot be changed by chat.update."""
    room = ws.rooms.writable(args.get("channel"))
    if args.get("user") not in room.members:
        raise ApiError("user_not_in_channel")
    text, blocks = message_parts(args)
    thread = ws.rooms.thread(room, args.get("thread_ts"))
    message = ws.rooms.written(ws.config.bot_user_id, text, blocks, by_bot=True)
    message.thread_ts, message.ephemeral_to = thread, str(args["user"])
    ws.post(room, message)
    return {"message_ts": message.ts}


def _own(ws: Workspace, args: Json, *, refusal: str) -> tuple[Any, Message]:
    room = ws.rooms.visible(args.get("channel"))
    if room.archived:
        raise ApiError("is_archived")
    message = ws.rooms.message(room, args.get("ts"))
    if message.ephemeral_to is not None:
        raise ApiError("message_not_found")
    if not message.by_bot:
        raise ApiError(refusal)
    return room, message


def update(ws: Workspace, args: Json) -> Json:
    """Text without blocks takes the old blocks away; metadata stays unless it is given."""
    room, message = _own(ws, args, refusal="cant_update_message")
    text, blocks = message_parts(args, longest=UPDATE_TEXT)
    metadata = _metadata(args)
    before = public_message(message, ws.config)
    rewrite(ws, message, {**args, "text": text, "blocks": blocks})
    message.metadata = metadata or message.metadata
    ws.tell_edited(room, message, before)
    return {"channel": room.id, "ts": message.ts, "text": text, "message": public_message(message, ws.config)}


def rewrite(ws: Workspace, message: Message, parts: Json) -> None:
    """New content in the place of the old; only a new text leaves the label "edited"."""
    if parts["text"]:
        message.edited_ts = ws.rooms.next_ts() if parts["text"] != message.text else message.edited_ts
        message.text = parts["text"]
    message.blocks = named(parts["blocks"])


def delete(ws: Workspace, args: Json) -> Json:
    room, message = _own(ws, args, refusal="cant_delete_message")
    before = public_message(message, ws.config)
    message.deleted, message.text, message.blocks, message.metadata, message.files = True, "", [], None, []
    ws.tell_deleted(room, message.ts, before)
    return {"channel": room.id, "ts": message.ts}
