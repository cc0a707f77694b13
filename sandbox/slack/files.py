"""Files: what people hand to the app in a form, and what the app shows in a channel (sandbox/slack/uploads.py). Kept in memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sandbox.slack.answers import ApiError
from sandbox.slack.shapes import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

_KEPT = 200
_KINDS = {"png": "image/png", "csv": "text/csv", "tsv": "text/tab-separated-values", "txt": "text/plain"}


@dataclass
class File:
    """One upload, seen by the app from then on. `ready`: it was looked through, so that its kind and its places are known."""

    id: str
    name: str
    user: str
    content: bytes = field(repr=False)
    title: str = ""
    alt: str = ""
    ready: bool = True
    shares: dict[str, dict[str, list[Json]]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.name.rpartition(".")[2].lower()

    @property
    def mimetype(self) -> str:
        if not self.ready:
            return ""
        return _KINDS.get(self.kind, "application/octet-stream")


class Files:
    """The newest two hundred."""

    def __init__(self) -> None:
        self._all: dict[str, File] = {}

    def add(self, user: str, name: str, content: bytes) -> File:
        return self.keep(File(new_id(), name, user, content))

    def keep(self, made: File) -> File:
        self._all[made.id] = made
        while len(self._all) > _KEPT:
            del self._all[next(iter(self._all))]
        return made

    def find(self, name: object) -> File | None:
        return self._all.get(name) if isinstance(name, str) else None


def new_id() -> str:
    return "F" + secrets.token_hex(5).upper()


def shown(ws: Workspace, file: File) -> Json:
    """The file object of docs.slack.dev/reference/objects/file-object, as far as an app needs it."""
    address = f"{ws.config.base_url}/slack/files-pri/{ws.config.team_id}-{file.id}"
    told = {"alt_txt": file.alt, "shares": file.shares} if file.alt or file.shares or not file.ready else {}
    return told | {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.kind,
        "user": file.user,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": f"{address}/{file.name}",
        "url_private_download": f"{address}/download/{file.name}",
    }


def info(ws: Workspace, args: Json) -> Json:
    file = ws.files.find(args.get("file"))
    if file is None:
        raise ApiError("file_not_found")
    return {"file": shown(ws, file)}


def routes(ws: Workspace) -> APIRouter:
    """The private addresses: without the app's token and files:read they lead to the sign-in page, as on Slack."""
    router = APIRouter()

    @router.get("/slack/files-pri/{place}/{rest:path}")
    async def private(place: str, rest: str, request: Request) -> Response:  # noqa: ARG001 - the name is for people
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        known = ws.grants.known(token)
        file = ws.files.find(place.rpartition("-")[2])
        if not known or "files:read" not in ws.config.scopes:
            return RedirectResponse(f"{ws.config.base_url}/?redir=%2Ffiles-pri", status_code=302)
        if file is None:
            return Response(status_code=404)
        return Response(file.content, media_type=file.mimetype)

    return router
