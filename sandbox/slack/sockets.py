"""Socket Mode: the app asks for a line with its app-level token and keeps it open; what Slack says goes down that line."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from sandbox.slack.requests import Heard, Sent

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
TICKET_S = 30.0
MOST = 10
"""Lines of one app at a time."""


class Sockets:
    """The app's open lines; a request goes down the newest, and its answer comes back by envelope id."""

    def __init__(self) -> None:
        self._tickets: dict[str, float] = {}
        self._lines: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}

    @property
    def connected(self) -> bool:
        """Whether there is a line to go down."""
        return bool(self._lines)

    def ticket(self) -> str:
        """A pass for one connection, good for half a minute."""
        made = secrets.token_hex(16)
        self._tickets[made] = time.monotonic() + TICKET_S
        return made

    def spend(self, ticket: str) -> bool:
        """Whether it is a pass that nobody used yet."""
        return self._tickets.pop(ticket, 0.0) > time.monotonic()

    async def post(self, sent: Sent, *, hang_up_s: float) -> Heard:
        """Wrap what would be an HTTP request, and wait for its acknowledgement."""
        began, envelope = time.monotonic(), secrets.token_hex(12)
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = answer
        kind, payload = _unwrapped(sent)
        retry = (
            {} if "X-Slack-Retry-Num" not in sent.headers else {"retry_attempt": int(sent.headers["X-Slack-Retry-Num"])}
        )
        said = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True} | retry
        try:
            await self._lines[-1].send_text(json.dumps(said))
            body = await asyncio.wait_for(answer, hang_up_s)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            return Heard(0, _ms(began), reason="http_timeout")
        finally:
            self._waiting.pop(envelope, None)
        return Heard(200, _ms(began), json.dumps(body).encode() if body is not None else b"")

    async def attend(self, line: WebSocket) -> None:
        """One line from hello to its end."""
        await line.accept()
        await line.send_text(json.dumps({"type": "hello", "num_connections": len(self._lines) + 1}))
        self._lines.append(line)
        try:
            while True:
                said = json.loads(await line.receive_text())
                waiting = self._waiting.get(str(said.get("envelope_id")))
                if waiting is not None and not waiting.done():
                    waiting.set_result(said.get("payload"))
        except WebSocketDisconnect:
            pass
        finally:
            self._lines.remove(line)


def routes(ws: Workspace) -> APIRouter:
    """`apps.connections.open`, for the app-level token alone, and the line itself."""
    router, sockets = APIRouter(), ws.deliveries.sockets

    @router.post("/slack/api/apps.connections.open")
    async def connect(request: Request) -> JSONResponse:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not ws.config.app_token or not hmac.compare_digest(token, ws.config.app_token):
            return JSONResponse({"ok": False, "error": "invalid_auth" if token else "not_authed"})
        address = ws.config.base_url.replace("http", "ws", 1)
        return JSONResponse({"ok": True, "url": f"{address}/slack/socket?ticket={sockets.ticket()}"})

    @router.websocket("/slack/socket")
    async def line(socket: WebSocket, ticket: str = "") -> None:
        if sockets.spend(ticket):
            await sockets.attend(socket)
        else:
            await socket.close(code=1008)

    return router


def _unwrapped(sent: Sent) -> tuple[str, Json]:
    if "json" in sent.headers["Content-Type"]:
        return "events_api", json.loads(sent.body)
    form = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
    return ("interactive", json.loads(form["payload"])) if "payload" in form else ("slash_commands", form)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
