"""Transaction bundles: everything in one step, or nothing."""

import uuid
from dataclasses import dataclass
from typing import Any

from sandbox.ehr.checks import Resource
from sandbox.ehr.records import Change
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import SHAPES
from sandbox.ehr.writes import ID, Writes, Written

ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3}
REASON = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


@dataclass(frozen=True)
class Entry:
    """One request inside a bundle; `id` is the new one for a POST, and `found` what a conditional POST stands for."""

    position: int
    method: str
    kind: str
    id: str
    full_url: str
    body: object
    request: dict[str, Any]
    found: Resource | None = None

    @property
    def place(self) -> str:
        """Where it is, for an OperationOutcome."""
        return f"Bundle.entry[{self.position}]"


def transact(writes: Writes, bundle: object, *, forget: bool = False) -> tuple[dict[str, Any], list[Change]]:
    """Carry out a transaction bundle and answer it, entries in the order asked; any refusal undoes all of it.

    Processed as R4 says: deletes, creates, updates, reads. urn:uuid references between entries are resolved.
    """
    with writes.records.transaction(forget=forget) as changes:
        entries = [_read(writes, raw, position) for position, raw in enumerate(_entries(bundle))]
        _refuse_doubles(entries)
        local = {e.full_url: f"{e.kind}/{e.found['id'] if e.found else e.id}" for e in entries if e.full_url}
        done: dict[int, Written] = {}
        for entry in sorted(entries, key=lambda entry: ORDER[entry.method]):
            try:
                done[entry.position] = _carry_out(writes, entry, local)
            except FhirError as error:
                raise error.inside(entry.place) from error
        writes.finish(changes, guarded=_guarded(entries))
        answer = {
            "resourceType": "Bundle",
            "type": "transaction-response",
            "entry": [_answer(done[entry.position]) for entry in entries],
        }
    return answer, changes


def _entries(bundle: object) -> list[object]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise FhirError(400, "structure", "the body is not a Bundle")
    if bundle.get("type") != "transaction":
        raise FhirError(400, "not-supported", "only transaction bundles are taken", where="Bundle.type")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise FhirError(400, "structure", "entry must be a list", where="Bundle.entry")
    return entries


def _read(writes: Writes, raw: object, position: int) -> Entry:
    place = f"Bundle.entry[{position}]"
    request = raw.get("request") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(request, dict):
        raise FhirError(400, "required", "a transaction entry needs a request", where=place)
    method, url = str(request.get("method", "")), str(request.get("url", ""))
    kind, _, id_ = url.partition("/")
    if method not in ORDER or kind not in SHAPES or bool(id_) == (method == "POST") or (id_ and not ID.fullmatch(id_)):
        raise FhirError(
            400, "not-supported", f"{method} {url} is not supported in a transaction", where=f"{place}.request"
        )
    try:
        found = writes.existing(kind, str(request.get("ifNoneExist", ""))) if method == "POST" else None
    except FhirError as error:
        raise error.inside(f"{place}.request") from error
    new_id = id_ or uuid.uuid4().hex
    full_url = str(raw.get("fullUrl", ""))
    return Entry(position, method, kind, new_id, full_url, raw.get("resource"), request, found)


def _refuse_doubles(entries: list[Entry]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.kind, entry.id)
        if entry.method != "GET" and key in seen:
            raise FhirError(400, "invalid", f"{entry.kind}/{entry.id} is written twice", where=entry.place)
        seen.add(key)
    urls = [entry.full_url for entry in entries if entry.full_url and entry.method == "POST"]
    if len(urls) != len(set(urls)):
        raise FhirError(400, "invalid", "a fullUrl is used twice", where="Bundle.entry")


def _carry_out(writes: Writes, entry: Entry, local: dict[str, str]) -> Written:
    if entry.method == "GET":
        return Written(200, writes.records.current(entry.kind, entry.id))
    if entry.method == "DELETE":
        writes.remove(entry.kind, entry.id, if_match=str(entry.request.get("ifMatch", "")))
        return Written(204, None)
    resource = _resolved(writes.readable(entry.kind, entry.body), local)
    if entry.method == "PUT":
        if_match = str(entry.request.get("ifMatch", ""))
        return Written(200, writes.replace(entry.kind, entry.id, resource, if_match=if_match))
    if entry.found is not None:
        return Written(200, entry.found)
    return Written(201, writes.insert(resource, entry.id))


def _resolved(value: Any, local: dict[str, str]) -> Any:
    if isinstance(value, dict):
        done = {name: _resolved(inner, local) for name, inner in value.items()}
        target = done.get("reference")
        if isinstance(target, str) and target.startswith("urn:"):
            if target not in local:
                raise FhirError(400, "not-found", f"no entry has the fullUrl {target}")
            done["reference"] = local[target]
        return done
    if isinstance(value, list):
        return [_resolved(inner, local) for inner in value]
    return value


def _guarded(entries: list[Entry]) -> frozenset[str]:
    return frozenset(e.id for e in entries if e.kind == "Slot" and e.method == "PUT" and e.request.get("ifMatch"))


def _answer(written: Written) -> dict[str, Any]:
    if written.resource is None:
        return {"response": {"status": REASON[written.status]}}
    meta = written.resource["meta"]
    location = f"{written.resource['resourceType']}/{written.resource['id']}/_history/{meta['versionId']}"
    response = {
        "status": REASON[written.status],
        "location": location,
        "etag": f'W/"{meta["versionId"]}"',
        "lastModified": meta["lastUpdated"],
    }
    return {"resource": written.resource, "response": response}
