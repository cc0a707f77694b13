"""FHIR over HTTP: authentication, content types, which interaction a path means, and how answers look."""

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.dropped import DroppedConnection
from sandbox.ehr import queries
from sandbox.ehr.bundles import transact
from sandbox.ehr.capability import statement
from sandbox.ehr.checks import Resource, instant
from sandbox.ehr.faults import Fault
from sandbox.ehr.records import Version, stamp
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import SHAPES
from sandbox.ehr.writes import ID, Outcome

if TYPE_CHECKING:
    from sandbox.ehr.chart import Chart

FHIR_JSON = "application/fhir+json"
JSON_TYPES = {FHIR_JSON, "application/json"}
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


@dataclass(frozen=True)
class Asked:
    """One request, read whole; `pairs` is its query string, in order."""

    method: str
    parts: tuple[str, ...]
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    forget: bool = False

    def json(self) -> object:
        """The body as JSON of an accepted content type; FhirError 415 or 400."""
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() not in JSON_TYPES:
            raise FhirError(415, "not-supported", f"the body must be {FHIR_JSON}")
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise FhirError(400, "structure", "the body is not JSON") from error


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)

    def to_response(self, request_id: str) -> Response:
        """As HTTP; X-Request-Id comes back as it was given."""
        headers = {**self.headers, **({"X-Request-Id": request_id} if request_id else {})}
        content = b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()
        return Response(content, self.status, headers, media_type=f"{FHIR_JSON}; charset=utf-8")


def build(chart: "Chart") -> APIRouter:
    """One door for everything under /fhir."""
    router = APIRouter()

    async def fhir(request: Request, path: str = "") -> Response:
        asked = await _read(request, path)
        at = stamp(chart.now())
        chart.requests.append({"method": asked.method, "path": f"/fhir/{'/'.join(asked.parts)}", "at": at})
        request_id = asked.headers.get("x-request-id", "")
        try:
            _admit(chart, asked)
        except FhirError as error:
            return Answer(error.status, error.outcome(), _challenge(error)).to_response(request_id)
        return await _serve(chart, asked, request_id)

    router.add_api_route("/fhir", fhir, methods=METHODS, response_model=None)
    router.add_api_route("/fhir/{path:path}", fhir, methods=METHODS, response_model=None)
    return router


async def _serve(chart: "Chart", asked: Asked, request_id: str) -> Response:
    """Play the ordered fault around one interaction; work that was done stays done when the answer is lost."""
    kind = asked.parts[0] if asked.parts else "Bundle"
    fault = chart.faults.take(asked.method, kind)
    if fault.reset_before:
        return DroppedConnection()
    if fault.status is not None:
        return _broken(fault).to_response(request_id)
    try:
        answer = _answer(chart, Asked(**{**vars(asked), "forget": fault.lose_write}))
    except FhirError as error:
        answer = Answer(error.status, error.outcome())
    chart.notices.flush()
    if fault.timeout_s:
        await asyncio.sleep(fault.timeout_s)
    if fault.reset:
        return DroppedConnection()
    return answer.to_response(request_id)


def _answer(chart: "Chart", asked: Asked) -> Answer:
    """Find the interaction of a method and path; 404 for an unknown type, 405 for one this server does not do."""
    parts = asked.parts
    if parts and parts[0] != "metadata" and parts[0] not in SHAPES:
        raise FhirError(404, "not-supported", "this server holds no such resource type")
    if asked.method in {"POST", "PUT", "DELETE"} and chart.config.profile == "read-only" and parts[-1:] != ("_search",):
        raise FhirError(405, "not-supported", "this server is read only")
    shape = ("metadata",) if parts == ("metadata",) else tuple(_role(part, at) for at, part in enumerate(parts))
    act = INTERACTIONS.get((asked.method, shape))
    if act is None:
        raise FhirError(405, "not-supported", f"{asked.method} is not supported here")
    for part in parts[1:2]:
        if part != "_search" and not ID.fullmatch(part):
            raise FhirError(400, "value", "an id has up to 64 letters, digits, - and .")
    return act(chart, asked)


def _role(part: str, at: int) -> str:
    if at == 0:
        return "type"
    return part if part in {"_search", "_history"} else ("id" if at == 1 else "version")


def _metadata(chart: "Chart", _: Asked) -> Answer:
    return Answer(200, statement(chart.config.base_url, chart.config.profile, at=stamp(chart.now())))


def _search(chart: "Chart", asked: Asked) -> Answer:
    pairs = list(asked.pairs)
    if asked.method == "POST":
        if not asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise FhirError(415, "not-supported", "_search takes a form")
        pairs += parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True)
    kind, pages = asked.parts[0], dict(pairs).get("_page")
    if pages is not None:
        return Answer(200, chart.pages.later(kind, pages))
    strict = "handling=strict" in asked.headers.get("prefer", "").replace(" ", "")
    return Answer(200, chart.pages.first(queries.read(kind, pairs, strict=strict)))


def _get(chart: "Chart", asked: Asked) -> Answer:
    kind, id_ = asked.parts
    return Answer(200, *_shown(chart.records.current(kind, id_)))


def _vread(chart: "Chart", asked: Asked) -> Answer:
    kind, id_, _, number = asked.parts
    for version in chart.records.history(kind, id_):
        if str(version.number) == number:
            if version.resource is None:
                raise FhirError(410, "deleted", "this version is a deletion")
            return Answer(200, *_shown(version.resource))
    raise FhirError(404, "not-found", f"{kind}/{id_} has no version {number[:20]}")


def _history(chart: "Chart", asked: Asked) -> Answer:
    kind, id_, _ = asked.parts
    versions = list(reversed(chart.records.history(kind, id_)))
    url = f"{chart.config.base_url}/{kind}/{id_}"
    body = {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(versions),
        "link": [{"relation": "self", "url": f"{url}/_history"}],
        "entry": [_past(version, url, f"{kind}/{id_}") for version in versions],
    }
    return Answer(200, body)


def _create(chart: "Chart", asked: Asked) -> Answer:
    condition = asked.headers.get("if-none-exist", "")
    outcome = chart.writes.create(asked.parts[0], asked.json(), if_none_exist=condition, forget=asked.forget)
    return _wrote(chart, asked, outcome)


def _update(chart: "Chart", asked: Asked) -> Answer:
    kind, id_ = asked.parts
    condition = asked.headers.get("if-match", "")
    return _wrote(chart, asked, chart.writes.update(kind, id_, asked.json(), if_match=condition, forget=asked.forget))


def _delete(chart: "Chart", asked: Asked) -> Answer:
    kind, id_ = asked.parts
    outcome = chart.writes.delete(kind, id_, if_match=asked.headers.get("if-match", ""), forget=asked.forget)
    chart.tell(outcome.changes)
    return Answer(204, None)


def _transaction(chart: "Chart", asked: Asked) -> Answer:
    if chart.config.profile != "full":
        raise FhirError(405, "not-supported", "this server does no transactions")
    body, changes = transact(chart.writes, asked.json(), forget=asked.forget)
    chart.tell(changes)
    if _prefers_minimal(asked):
        body["entry"] = [{"response": entry["response"]} for entry in body["entry"]]
    return Answer(200, body)


INTERACTIONS: dict[tuple[str, tuple[str, ...]], Callable[["Chart", Asked], Answer]] = {
    ("GET", ("metadata",)): _metadata,
    ("POST", ()): _transaction,
    ("GET", ("type",)): _search,
    ("POST", ("type",)): _create,
    ("POST", ("type", "_search")): _search,
    ("GET", ("type", "id")): _get,
    ("PUT", ("type", "id")): _update,
    ("DELETE", ("type", "id")): _delete,
    ("GET", ("type", "id", "_history")): _history,
    ("GET", ("type", "id", "_history", "version")): _vread,
}


async def _read(request: Request, path: str) -> Asked:
    return Asked(
        method=request.method,
        parts=tuple(part for part in path.split("/") if part),
        pairs=parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers=dict(request.headers.items()),
        body=await request.body(),
    )


def _admit(chart: "Chart", asked: Asked) -> None:
    """Everyone may read /metadata; all else needs the token, and must not insist on XML."""
    accept = asked.headers.get("accept", "*/*")
    if not any(word in accept for word in ("json", "*/*", "application/*")):
        raise FhirError(406, "not-supported", "this server speaks JSON")
    if asked.parts == ("metadata",):
        return
    given = asked.headers.get("authorization", "").encode("latin-1", "replace")
    if not hmac.compare_digest(given, f"Bearer {chart.config.token}".encode()):
        raise FhirError(401, "login", "a valid Bearer token is needed")


def _challenge(error: FhirError) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}


def _broken(fault: Fault) -> Answer:
    status = fault.status or 500
    issue = (
        "throttled" if status == 429 else "login" if status == 401 else "transient" if status >= 500 else "processing"
    )
    error = FhirError(status, issue, f"HTTP {status} was ordered for this request")
    return Answer(status, error.outcome(), {"Retry-After": str(fault.retry_after)} if status in {429, 503} else {})


def _wrote(chart: "Chart", asked: Asked, outcome: Outcome) -> Answer:
    chart.tell(outcome.changes)
    resource = outcome.written.resource or {}
    body, headers = _shown(resource)
    if outcome.written.status == 201:
        place = f"{resource['resourceType']}/{resource['id']}/_history/{resource['meta']['versionId']}"
        headers = {**headers, "Location": f"{chart.config.base_url}/{place}"}
    return Answer(outcome.written.status, None if _prefers_minimal(asked) else body, headers)


def _shown(resource: Resource) -> tuple[Resource, dict[str, str]]:
    modified = instant(resource["meta"]["lastUpdated"], "meta.lastUpdated")
    headers = {
        "ETag": f'W/"{resource["meta"]["versionId"]}"',
        "Last-Modified": format_datetime(modified.astimezone(UTC), usegmt=True),
    }
    return resource, headers


def _past(version: Version, url: str, here: str) -> dict[str, Any]:
    status = {"POST": "201", "PUT": "200", "DELETE": "204"}[version.method]
    entry: dict[str, Any] = {
        "fullUrl": url,
        "request": {"method": version.method, "url": here.partition("/")[0] if version.method == "POST" else here},
        "response": {"status": status, "etag": f'W/"{version.number}"', "lastModified": version.at},
    }
    return {**entry, "resource": version.resource} if version.resource is not None else entry


def _prefers_minimal(asked: Asked) -> bool:
    return "return=minimal" in asked.headers.get("prefer", "").replace(" ", "")
