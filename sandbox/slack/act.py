"""HTTP control for whoever plays the staff: the demo page, the headless story, tests. Loopback only."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.slack import accounts, channel_acts, oauth, uploads
from sandbox.slack.faults import Fault
from sandbox.slack.form_values import UnfitError
from sandbox.slack.shapes import Json
from sandbox.slack.staff import ImpossibleError, Staff, told

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace


class _Pick(BaseModel):
    """`value` for buttons and texts, `selected_option` (its value, or the option) for menus; either is understood."""

    user: str
    action_id: str
    block_id: str | None = None
    value: Any = None
    selected_option: Any = None

    def action(self) -> Json:
        value = self.selected_option if self.selected_option is not None else self.value
        return {"action_id": self.action_id, "block_id": self.block_id, "value": value, "stale": False}


class Click(_Pick):
    """`stale_blocks`: the person pressed what was on their screen while the message was being redrawn."""

    channel: str
    ts: str
    stale_blocks: bool = False


class ViewAction(_Pick):
    view_id: str


class Submit(BaseModel):
    user: str
    view_id: str
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)


class CloseView(BaseModel):
    user: str
    view_id: str


class Command(BaseModel):
    user: str
    channel: str
    command: Annotated[str, Field(pattern=r"^/[a-z0-9_-]{1,31}$")]
    text: str = ""


class Shortcut(BaseModel):
    """With `channel` and `ts` a shortcut of that message, without a global one."""

    user: str
    callback_id: Annotated[str, Field(min_length=1, max_length=255)]
    channel: str | None = None
    ts: str | None = None


class Said(BaseModel):
    user: str
    channel: str
    text: Annotated[str, Field(min_length=1, max_length=40_000)]
    thread_ts: str | None = None
    subtype: Literal["file_share", "thread_broadcast"] | None = None


class Edited(BaseModel):
    """What a person wrote, written anew; without `text` it is deleted."""

    user: str
    channel: str
    ts: str
    text: Annotated[str, Field(min_length=1, max_length=40_000)] | None = None


class Opener(BaseModel):
    user: str


class Uninstall(BaseModel):
    """`place`: a workspace, or the Enterprise organisation."""

    place: str


class Redeliver(BaseModel):
    n: int = Field(default=1, ge=1, le=500)
    kind: Literal["interactions", "events"] = "interactions"


async def _from_here(request: Request) -> None:
    host = request.client.host if request.client else ""
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if not near:
        raise HTTPException(403, "loopback only")


class _ActRoute(APIRoute):
    """Turns what a person cannot do into an HTTP status with the reason in `detail`."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().handle(scope, receive, send)
        except ImpossibleError as cannot:
            await self._say(cannot.status, str(cannot))(scope, receive, send)
        except UnfitError as unfit:
            await self._say(422, str(unfit))(scope, receive, send)

    @staticmethod
    def _say(status: int, why: str) -> Response:
        return JSONResponse({"detail": why}, status)


def routes(ws: Workspace) -> APIRouter:
    """Everything under `/act/slack`."""
    router = APIRouter(prefix="/act/slack", dependencies=[Depends(_from_here)], route_class=_ActRoute)
    _people(router, Staff(ws))
    accounts.acts(router, ws)
    channel_acts.acts(router, ws)
    _trouble(router, ws)
    return router


def _people(router: APIRouter, staff: Staff) -> None:
    @router.post("/click")
    async def click(act: Click) -> Json:
        return await staff.click(act.user, (act.channel, act.ts), {**act.action(), "stale": act.stale_blocks})

    @router.post("/view_action")
    async def view_action(act: ViewAction) -> Json:
        return await staff.view_action(act.user, act.view_id, act.action())

    @router.post("/submit")
    async def submit(act: Submit) -> Json:
        return await staff.submit(act.user, act.view_id, act.values)

    @router.post("/close_view")
    async def close_view(act: CloseView) -> Json:
        return await staff.close_view(act.user, act.view_id)

    @router.post("/command")
    async def command(act: Command) -> Json:
        return await staff.command(act.user, act.channel, act.command, text=act.text)

    @router.post("/shortcut")
    async def shortcut(act: Shortcut) -> Json:
        where = (act.channel, act.ts) if act.channel and act.ts else None
        return await staff.shortcut(act.user, act.callback_id, where)

    @router.post("/message")
    async def message(act: Said) -> Json:
        return staff.message(act.user, act.channel, act.text, thread_ts=act.thread_ts, subtype=act.subtype)

    @router.post("/edit")
    async def edit(act: Edited) -> Json:
        return staff.edit(act.user, (act.channel, act.ts), act.text)

    @router.post("/open_home")
    async def open_home(act: Opener) -> Json:
        staff.open_home(act.user)
        return {"ok": True}


def _trouble(router: APIRouter, ws: Workspace) -> None:
    @router.post("/fault")
    async def fault(planted: Fault) -> Json:
        ws.faults.plant(planted)
        return {"ok": True}

    @router.delete("/fault")
    async def no_faults() -> Json:
        ws.faults.clear()
        return {"ok": True}

    @router.post("/files_ready")
    async def files_ready() -> Json:
        uploads.finish(ws)
        return {"ok": True}

    @router.post("/redeliver")
    async def redeliver(act: Redeliver) -> Json:
        kept = ws.deliveries.interactions if act.kind == "interactions" else ws.deliveries.events
        again = list(kept)[-act.n :]
        heard = [await ws.deliveries.post(sent, hang_up_s=10.0) for sent in again]
        return {"delivered": [told(each) for each in heard]}

    @router.post("/uninstall")
    async def uninstall(act: Uninstall) -> Json:
        oauth.uninstall(ws, act.place)
        return {"ok": True}

    @router.post("/verify_url")
    async def verify_url() -> Json:
        return {"ok": await ws.deliveries.verify_url(secrets.token_hex(24))}

    @router.get("/calls")
    async def calls(method: str | None = None) -> Json:
        return {"calls": [asdict(call) for call in ws.calls.of(method)]}
