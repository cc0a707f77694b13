"""How the app shows a file, in Slack's three steps: ask for an address, send the bytes there, and share. Sharing ends after its answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from sandbox.slack.answers import ApiError
from sandbox.slack.files import File, new_id, shown
from sandbox.slack.rooms import Room
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

ALT_TEXT = 1_000
LARGEST = 1_000_000_000
_AT_ONCE = 10
_KEPT = 200


@dataclass
class Upload:
    """An address that was given out; `content` once its bytes came."""

    file_id: str
    name: str
    length: int
    alt: str
    content: bytes | None = field(default=None, repr=False)


class Uploads:
    """The addresses given out and not yet used up, by their secret; and by the file's id once they are."""

    def __init__(self) -> None:
        self._open: dict[str, Upload] = {}
        self.scanned: list[Callable[[], None]] = []

    def give(self, upload: Upload) -> str:
        secret = secrets.token_urlsafe(24)
        self._open[secret] = upload
        while len(self._open) > _KEPT:
            del self._open[next(iter(self._open))]
        return secret

    def at(self, secret: str) -> Upload | None:
        return self._open.get(secret)

    def arrived(self, file_id: object) -> Upload | None:
        """The upload with this id whose bytes are there."""
        found = (one for one in self._open.values() if one.file_id == file_id and one.content is not None)
        return next(found, None)

    def used(self, upload: Upload) -> None:
        self._open = {secret: one for secret, one in self._open.items() if one is not upload}


def ask(ws: Workspace, args: Json) -> Json:
    """Step one: an address for so many bytes, and the id that the file will have."""
    name, alt = args.get("filename"), args.get("alt_txt") or ""
    try:
        length = int(args.get("length") or 0)
    except (TypeError, ValueError) as bad:
        raise ApiError("invalid_arguments") from bad
    if not isinstance(name, str) or not name or length <= 0:
        raise ApiError("missing_argument")
    if not isinstance(alt, str):
        raise ApiError("invalid_arguments")
    if len(alt) > ALT_TEXT:
        raise ApiError("alt_txt_too_large")
    if length > LARGEST:
        raise ApiError("file_upload_size_restricted")
    upload = Upload(new_id(), name, length, alt)
    return {"upload_url": f"{ws.config.base_url}/slack/upload/v1/{ws.uploads.give(upload)}", "file_id": upload.file_id}


def complete(ws: Workspace, args: Json) -> Json:
    """Step three: what was sent becomes files; the message follows when they were looked through."""
    uploads, room = _asked(ws, args)
    comment = args.get("initial_comment") or ""
    if not isinstance(comment, str):
        raise ApiError("invalid_arguments")
    thread = _thread(ws, room, args.get("thread_ts")) if room else None
    made = [
        ws.files.keep(
            File(
                one.file_id, one.name, ws.config.bot_user_id, one.content or b"", title=title, alt=one.alt, ready=False
            )
        )
        for one, title in uploads
    ]
    for one, _ in uploads:
        ws.uploads.used(one)
    answer = {"files": [shown(ws, file) for file in made]}
    ws.uploads.scanned.append(partial(_finish, ws, made, room, (thread, comment)))
    if ws.config.file_scan_s > 0:
        asyncio.get_running_loop().call_later(ws.config.file_scan_s, finish, ws)
    else:
        finish(ws)
    return answer


def finish(ws: Workspace) -> None:
    """What was waiting is looked through; on the event loop, from where the app is told."""
    while ws.uploads.scanned:
        ws.uploads.scanned.pop(0)()


def _finish(ws: Workspace, files: list[File], room: Room | None, said: tuple[str | None, str]) -> None:
    """Their kind is known, and one message shows them all."""
    thread, comment = said
    with ws.lock:
        for file in files:
            file.ready = True
        if room is not None:
            message = ws.rooms.written(ws.config.bot_user_id, comment, [], by_bot=True)
            message.thread_ts = thread
            message.files = [shown(ws, file) for file in files]
            place = {"ts": message.ts} | ({"thread_ts": thread} if thread else {})
            for file in files:
                file.shares.setdefault("private" if room.private else "public", {})[room.id] = [place]
            ws.post(room, message, subtype="file_share")
    ws.changed()


def _asked(ws: Workspace, args: Json) -> tuple[list[tuple[Upload, str]], Room | None]:
    """The uploads with their titles, and the channel."""
    named = args.get("files")
    if not isinstance(named, list) or not 1 <= len(named) <= _AT_ONCE:
        raise ApiError("invalid_arguments")
    found: list[tuple[Upload, str]] = []
    for one in named:
        upload = ws.uploads.arrived(one.get("id") if isinstance(one, dict) else None)
        if upload is None:
            raise ApiError("file_not_found")
        found.append((upload, str(one.get("title") or upload.name)))
    if args.get("channel_id") in ws.people:
        raise ApiError("channel_not_found")  # unlike chat.postMessage it takes no person for a channel
    room = ws.rooms.writable(args["channel_id"]) if args.get("channel_id") else None
    return found, room


def _thread(ws: Workspace, room: Room, thread_ts: object) -> str | None:
    """The parent of the thread; a reply is none."""
    parent = ws.rooms.thread(room, thread_ts)
    if parent is not None and parent != thread_ts:
        raise ApiError("invalid_thread_ts")
    return parent


def routes(ws: Workspace) -> APIRouter:
    """The addresses of step two. They ask for no token: who has the address may send, once, the bytes that were announced."""
    router = APIRouter()

    @router.post("/slack/upload/v1/{secret}")
    async def send(secret: str, request: Request) -> Response:
        fault = ws.faults.take("files.upload")
        upload, content = ws.uploads.at(secret), await request.body()
        if fault and fault.refuses:
            return PlainTextResponse("not now", fault.status or 503)
        if upload is None or upload.content is not None:
            return PlainTextResponse("no such upload", 404)
        if len(content) != upload.length:
            return PlainTextResponse("not the length that was announced", 400)
        upload.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    @router.get("/slack/shown/{file_id}")
    async def picture(file_id: str) -> Response:
        """For the sandbox's own page, whose people are signed in."""
        file = ws.files.find(file_id)
        if file is None or not file.mimetype.startswith("image/"):
            return Response(status_code=404)
        return Response(file.content, media_type=file.mimetype, headers={"X-Content-Type-Options": "nosniff"})

    return router
