"""The web: signed webhooks of Slack, Twilio and the EHR, health, and the signed-in pages. Routes are async and hand over to threads."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from redis.exceptions import RedisError
from slack_bolt import App, BoltRequest, BoltResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount, Route

from core import clock, ids, log
from core.errors import CareloopError, Misconfigured, Permanent, Refused
from handlers import api, api_figures, slack_app
from handlers.deps import Deps
from handlers.effects import paging, texts
from handlers.pages import forms, install, off, outreach, patients, report, sign_in, worklist
from handlers.pages import routes as pages
from integrations.channels import webhooks
from integrations.ehr import notifications
from storage import outbox, receipts
from storage.outbox import Lane, Topic
from workflows import inbound
from workflows.kpis import reports

MAX_BODY = 1_048_576
THREADS = 8  # together with SLACK_THREADS fewer than the pool has connections
SLACK_THREADS = 4  # more only wait for each other: one process runs one thread's Python at a time
FOLLOWERS = 8  # for what follows an answer: a slow Slack must not keep the next click waiting
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
READ_TYPES = ("Patient", "Appointment", "Encounter", "Procedure")


def build(deps: Deps) -> Starlette:
    """The ASGI app of the `web` process: Slack's door, which costs a click as little as may be, and FastAPI for all else."""
    bolt = slack_app.build(deps, signing_secret=deps.settings.secret("SLACK_SIGNING_SECRET"))
    at_slack = Route("/slack/events", _slack(bolt), methods=["POST"])
    return Starlette(routes=[at_slack, Mount("/", app=_all_else(deps))], lifespan=_lifespan)


def _all_else(deps: Deps) -> FastAPI:
    web = FastAPI(title="Careloop", docs_url=None, redoc_url=None, openapi_url=None)
    web.add_api_route("/twilio/inbound", _route(deps, _twilio_inbound), methods=["POST"])
    web.add_api_route("/twilio/status/{attempt}", _route(deps, _twilio_status), methods=["POST"])
    web.add_api_route("/ehr/notify", _route(deps, _ehr_notify), methods=["POST"])
    web.add_api_route("/health", _health, methods=["GET"])
    web.add_api_route("/ready", _ready(deps), methods=["GET"])
    web.include_router(pages.router(deps))
    web.include_router(sign_in.router(deps))
    web.include_router(off.router(deps))
    web.include_router(worklist.router(deps))
    web.include_router(install.router(deps))
    web.include_router(outreach.router(deps))
    web.include_router(patients.router(deps))
    web.include_router(report.router(deps, reports.gather))
    web.include_router(api.router(deps))
    web.include_router(api_figures.router(deps))
    web.include_router(forms.router(deps))
    return web


@contextlib.asynccontextmanager
async def _lifespan(_web: Starlette) -> AsyncIterator[None]:
    """Fewer threads than the pool has connections: under a flood requests wait in line, none fails for want of one."""
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _slack(bolt: App) -> Callable[[Request], Any]:
    clicks = ThreadPoolExecutor(SLACK_THREADS, "slack")
    followers = ThreadPoolExecutor(FOLLOWERS, "follow")

    async def events(request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_BODY:
            return PlainTextResponse("too large", status_code=413)
        asked = _asked(dict(request.headers.items()), body)
        if asked is None:
            return PlainTextResponse("invalid request", status_code=401)
        answer: BoltResponse = await asyncio.get_running_loop().run_in_executor(clicks, bolt.dispatch, asked)
        after = asked.context.get("after")
        said = Response(answer.body, answer.status, answer.first_headers_without_set_cookie())
        said.background = after and _Following(followers, after)
        return said

    return events


FOLLOWING: set[Future[Any]] = set()
"""What follows the clicks of this process and is not over yet."""


class _Following(BackgroundTask):
    """Run once the answer is out; nobody waits for it, and what goes wrong in it is logged by its kind."""

    def __init__(self, followers: ThreadPoolExecutor, after: Callable[[], None]) -> None:
        super().__init__(after)
        self._followers, self._after = followers, after

    async def __call__(self) -> None:
        work = self._followers.submit(self._after)
        FOLLOWING.add(work)
        work.add_done_callback(_over)


def _over(done: Future[Any]) -> None:
    FOLLOWING.discard(done)
    error = done.exception()
    if error is not None:
        log.get().error("click.not_followed", error=type(error).__name__)


def _asked(headers: dict[str, str], body: bytes) -> BoltRequest | None:
    """None for what Slack cannot have sent: Bolt reads the body before it checks the signature, and ends in a 500 when it cannot.

    Slack's check of our certificate comes unsigned (`ssl_check`); Bolt answers it before it looks for a signature, and does nothing.
    """
    stamp = headers.get("x-slack-request-timestamp")
    if not _readable_timestamp(stamp) and not (stamp is None and b"ssl_check=1" in body[:200]):
        return None
    try:
        asked = BoltRequest(body=body.decode(), headers=headers, context={"received_s": clock.monotonic()})  # type: ignore[arg-type]
    except (
        ValueError,
        RecursionError,
        AttributeError,
        TypeError,
    ):  # neither text, nor JSON, nor an object of Slack's shape
        return None
    return asked if isinstance(asked.body, dict) and _shaped(asked.body) else None


def _shaped(read: dict[str, Any]) -> bool:
    """Bolt takes these parts of an interaction for objects, before any listener and outside its own error handler."""
    parts = [read.get(name) for name in ("team", "user", "channel", "message", "view", "enterprise", "container")]
    view = read.get("view")
    return all(part is None or isinstance(part, dict) for part in parts) and (
        not view or isinstance(view.get("type"), str)
    )


def _readable_timestamp(value: str | None) -> bool:
    """Bolt answers a malformed one with 500."""
    return value is not None and value.isascii() and value.lstrip("-").isdigit() and len(value) < 16


Handler = Callable[[Deps, Request, bytes], Response]


def _route(deps: Deps, handler: Handler) -> Callable[[Request], Any]:
    async def received(request: Request) -> Response:
        body = await request.body()
        if len(body) > MAX_BODY:
            return PlainTextResponse("too large", status_code=413)
        return await run_in_threadpool(_guarded, deps, handler, request, body)

    return received


def _guarded(deps: Deps, handler: Handler, request: Request, body: bytes) -> Response:
    """Unreadable input is the sender's mistake (4xx); when our own database is down nothing is acknowledged (503)."""
    try:
        return handler(deps, request, body)
    except (Permanent, Refused) as error:
        log.get().warning("webhook.unreadable", path=_name(request), error=type(error).__name__)
        return PlainTextResponse("unreadable", status_code=400)
    except Misconfigured as error:
        log.get().error("webhook.misconfigured", path=_name(request), reason=error.what, fix=error.fix)
        return PlainTextResponse("not ready", status_code=503)
    except SQLAlchemyError as error:
        log.get().error("webhook.no_database", path=_name(request), error=type(error).__name__)
        return PlainTextResponse("not ready", status_code=503)
    except CareloopError as error:
        log.get().error("webhook.failed", path=_name(request), error=type(error).__name__)
        return PlainTextResponse("failed", status_code=500)


def _twilio_inbound(deps: Deps, request: Request, body: bytes) -> Response:
    org = _signed_by_twilio(deps, request, body)
    if org is None:
        return PlainTextResponse("forbidden", status_code=403)
    text = webhooks.parse_inbound(webhooks.read_form(body))
    with deps.db.begin(org=org) as session:
        inbound.receive(
            session,
            inbound.Arrived(
                sid=text.sid,
                from_number=text.from_number,
                body=text.body,
                media=len(text.media),
                carrier_did=text.opt_out_type,
            ),
        )
    return Response(EMPTY_TWIML, media_type="text/xml")


def _twilio_status(deps: Deps, request: Request, body: bytes) -> Response:
    org = _signed_by_twilio(deps, request, body)
    if org is None:
        return PlainTextResponse("forbidden", status_code=403)
    update = webhooks.parse_status(webhooks.read_form(body))
    attempt, rung = (_id(kind, request.path_params["attempt"]) for kind in ("att", "rng"))
    if rung is not None:
        paging.provider_said(deps, org, rung, status=update.status, code=update.error_code or "")
        return Response(status_code=204)
    texts.provider_said(
        deps,
        org,
        attempt,
        sid=update.sid,
        status=update.status,
        code=update.error_code or "",
        place=webhooks.rank(update.status),
    )
    return Response(status_code=204)


def _id(prefix: str, text: str) -> UUID | None:
    """The id in a callback's address, None for another kind's."""
    try:
        return ids.parse(prefix, text)
    except Refused:
        return None


def _signed_by_twilio(deps: Deps, request: Request, body: bytes) -> UUID | None:
    """The organisation whose token signed this; None for a stranger. Nothing of an unsigned body is kept or logged."""
    try:
        account = webhooks.read_form(body).get("AccountSid", "")
    except Permanent:
        return None
    org = deps.vendors.owner("twilio.account", account)
    if org is None:
        return None
    raw = request.scope.get("raw_path") or request.url.path.encode()
    url = webhooks.signed_url(deps.settings.public_origin, raw.decode("ascii"), request.scope.get("query_string", b""))
    genuine = webhooks.verify(
        url,
        body,
        content_type=request.headers.get("content-type"),
        signature=request.headers.get("x-twilio-signature"),
        tokens=[deps.vendors.secret(org, "twilio", "auth_token")],
    )
    return org if genuine else None


def _ehr_notify(deps: Deps, request: Request, body: bytes) -> Response:
    """A hint that something changed: kept, and each record promised to be read again."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    org = deps.db.route("ehr.token", hashlib.sha256(token.encode()).hexdigest()) if scheme.lower() == "bearer" else None
    if org is None:
        return PlainTextResponse("forbidden", status_code=403)
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Permanent("the EHR's notification is not JSON") from error
    if not isinstance(said, dict):
        raise Permanent("the EHR's notification is not an object")
    changed = [focus for focus in notifications.focuses(said) if focus.type in READ_TYPES]
    empty = notifications.kind(said) is notifications.Kind.EVENT and not changed
    digest = hashlib.sha256(body).hexdigest()
    with deps.db.begin(org=org) as session:
        if receipts.first(session, "ehr.notify", digest):
            receipts.keep(session, "ehr.notify", digest, kind="notification", payload=body.decode("utf-8", "replace"))
        for (
            focus
        ) in changed:  # also when it was said before: reading again is harmless, and a bare hint always looks alike
            outbox.put(session, Topic.EHR_READ, f"{focus.type}/{focus.id}", lane=Lane.REPLIES)
        if empty:
            outbox.put(session, Topic.EHR_POLL, "Appointment", lane=Lane.REPLIES)
    return Response(status_code=204)


async def _health() -> Response:
    return JSONResponse({"ok": True})


def _ready(deps: Deps) -> Callable[[], Response]:
    def ready() -> Response:
        found = {"database": _answers(deps.db.ping, SQLAlchemyError), "redis": _answers(deps.redis.ping, RedisError)}
        return JSONResponse(found, status_code=200 if all(found.values()) else 503)

    return ready


def _answers(ask: Callable[[], Any], error: type[Exception]) -> bool:
    try:
        ask()
    except error:
        return False
    return True


def _name(request: Request) -> str:
    """The route, not the path: a path could hold anything."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unknown"))
