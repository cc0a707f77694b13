"""HTTP: the vendor's REST API, and the control with which people and tests play patient and network."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.dropped import DroppedConnection
from sandbox.phones import orders
from sandbox.phones.faults import Fault
from sandbox.phones.refusals import CODE_OF_STATUS, TwilioError
from sandbox.phones.shelf import Query, page, read_day
from sandbox.phones.webhooks import Webhook

if TYPE_CHECKING:
    from sandbox.phones.carrier import Carrier

API = "/twilio/2010-04-01/Accounts/{account_sid}/Messages"
LIST_PARAMS = {"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"}
FORM = "application/x-www-form-urlencoded"
NUMBER = r"^\+[1-9][0-9]{6,14}$"
Route = Callable[[Request], Awaitable[Response]]


class PatientText(BaseModel):
    """A patient writes to the clinic."""

    model_config = ConfigDict(extra="forbid")

    from_number: str = Field(pattern=NUMBER)
    body: str = Field(min_length=1, max_length=1600)


class Redelivery(BaseModel):
    """Send the newest `n` recorded webhooks again, all without it."""

    model_config = ConfigDict(extra="forbid")

    n: int | None = Field(default=None, ge=1)
    order: Literal["same", "reverse"] = "same"


class NewPhone(BaseModel):
    """A phone for the page."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(pattern=NUMBER)
    name: str = Field(min_length=1, max_length=80)
    kind: Literal["mobile", "landline"] = "mobile"


def build(carrier: "Carrier") -> APIRouter:
    """All routes of the local phones."""
    router = APIRouter()
    _add_rest(router, carrier)
    _add_acts(router, carrier)
    return router


def _add_rest(router: APIRouter, carrier: "Carrier") -> None:
    def guarded(act: Route) -> Route:
        """Answer refusals, a wrong password included, in the vendor's own JSON."""

        async def route(request: Request) -> Response:
            try:
                _authenticate(carrier, request)
                return await act(request)
            except TwilioError as error:
                return JSONResponse(error.body(), status_code=error.status)

        return route

    async def create(request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith(FORM):
            raise TwilioError(20422, f"the body must be {FORM}", status=415)
        return await _create(carrier, orders.read(_form(await request.body())))

    async def listing(request: Request) -> Response:
        params = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        found = carrier.listed(_query(params))
        return JSONResponse(page(found, params, account_sid=carrier.config.account_sid))

    async def fetch(request: Request) -> Response:
        return JSONResponse(carrier.message(request.path_params["sid"]).to_json(carrier.config.account_sid))

    async def no_such_method(_: Request) -> Response:
        raise TwilioError(20004)

    for path, method, act in (
        (f"{API}.json", "POST", create),
        (f"{API}.json", "GET", listing),
        (f"{API}/{{sid}}.json", "GET", fetch),
    ):
        router.add_api_route(path, guarded(act), methods=[method], response_model=None)
    for path, methods in ((f"{API}.json", ["PUT", "PATCH", "DELETE"]), (f"{API}/{{sid}}.json", ["POST", "DELETE"])):
        router.add_api_route(path, guarded(no_such_method), methods=methods, response_model=None)


async def _create(carrier: "Carrier", order: orders.Order) -> Response:
    """Play the ordered fault around one create; what was accepted stays accepted when the answer is lost."""
    fault = carrier.fault_for(order.to)
    if fault.reset_before:
        return DroppedConnection()
    if fault.status is not None:
        error = TwilioError(CODE_OF_STATUS.get(fault.status, 20500), status=fault.status)
        headers = {"Retry-After": str(fault.retry_after)} if fault.status in {429, 503} else {}
        return JSONResponse(error.body(), status_code=error.status, headers=headers)
    if fault.error_code is not None and fault.on == "create":
        raise TwilioError(fault.error_code)
    message = carrier.accept(order, fault)
    answer = message.to_json(carrier.config.account_sid)
    if fault.timeout_s:
        await asyncio.sleep(fault.timeout_s)
    if fault.reset:
        return DroppedConnection()
    return JSONResponse(answer, status_code=201)


def _add_acts(router: APIRouter, carrier: "Carrier") -> None:
    async def text(order: PatientText) -> dict[str, Any]:
        message, webhook = await carrier.hear(order.from_number, order.body)
        return {"sid": message.sid, "status": webhook and webhook.status, "ms": webhook and webhook.ms}

    async def redeliver(order: Redelivery) -> dict[str, Any]:
        sent = await carrier.deliveries.again(order.n, reverse=order.order == "reverse")
        return {"delivered": [_told(webhook) for webhook in sent]}

    async def webhooks() -> dict[str, Any]:
        return {"webhooks": [_told(webhook) for webhook in carrier.deliveries.recorded]}

    async def messages(to: str = "") -> dict[str, Any]:
        found = carrier.listed(Query(to=to))
        return {"messages": [{**m.to_json(carrier.config.account_sid), "from": m.sender} for m in found]}

    async def fault(order: Fault) -> dict[str, bool]:
        carrier.misbehave(order)
        return {"ok": True}

    async def behave() -> dict[str, bool]:
        carrier.behave()
        return {"ok": True}

    async def release() -> dict[str, int]:
        return {"released": carrier.release()}

    async def phone(order: NewPhone) -> dict[str, bool]:
        carrier.add_phone(order.number, order.name, kind=order.kind)
        return {"ok": True}

    for path, method, act in (
        ("text", "POST", text),
        ("redeliver", "POST", redeliver),
        ("webhooks", "GET", webhooks),
        ("messages", "GET", messages),
        ("fault", "POST", fault),
        ("fault", "DELETE", behave),
        ("release_callbacks", "POST", release),
        ("phone", "POST", phone),
    ):
        router.add_api_route(f"/act/phones/{path}", act, methods=[method], response_model=None)


def _authenticate(carrier: "Carrier", request: Request) -> None:
    """Basic auth with the account's SID and token, on the account's own path."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise TwilioError(20003) from error
    wanted = f"{carrier.config.account_sid}:{carrier.config.auth_token}".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(given, wanted):
        raise TwilioError(20003)
    if request.path_params["account_sid"] != carrier.config.account_sid:
        raise TwilioError(20404)


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
    except ValueError as error:
        raise TwilioError(20422, "the form cannot be read") from error


def _query(params: dict[str, str]) -> Query:
    strangers = sorted(params.keys() - LIST_PARAMS)
    if strangers:
        raise TwilioError(20001, ", ".join(strangers))
    return Query(
        to=params.get("To", ""),
        sender=params.get("From", ""),
        on=read_day(params.get("DateSent", "")),
        since=read_day(params.get("DateSent>", "")),
        until=read_day(params.get("DateSent<", "")),
    )


def _told(webhook: Webhook) -> dict[str, Any]:
    return {"kind": webhook.kind, "status": webhook.status, "ms": webhook.ms}
