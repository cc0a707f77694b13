"""One search: reading its parameters, running it, and paging through the snapshot it took."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from sandbox.ehr.checks import Resource
from sandbox.ehr.records import Records
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.search import SORTS, Test, dig, parameters, span

Pairs = list[tuple[str, str]]
CONTROL = {"_sort", "_count", "_format", "_pretty"}
SNAPSHOTS = 200
DEFAULT_COUNT = 50
MAX_COUNT = 500


@dataclass(frozen=True)
class Question:
    """A search that was understood. `used` are the parameters the answer honours, for the self link."""

    kind: str
    tests: tuple[tuple[Test, tuple[str, ...], bool], ...]
    sort: tuple[tuple[str, bool], ...]
    count: int
    used: tuple[tuple[str, str], ...]
    ids: tuple[str, ...] | None = None

    def matches(self, resource: Resource) -> bool:
        """Whether every parameter lets the resource through."""
        return all(any(test(resource, value) for value in values) != negate for test, values, negate in self.tests)


def read(kind: str, pairs: Pairs, *, strict: bool = False) -> Question:
    """Understand a search. Unknown parameters are ignored, or refused (400) when `strict` (Prefer: handling=strict).

    Unknown modifiers, empty dates and bad counts are always 400.
    """
    known = parameters(kind)
    tests: list[tuple[Test, tuple[str, ...], bool]] = []
    ids: tuple[str, ...] | None = None
    used: Pairs = []
    for name, value in pairs:
        plain, _, modifier = name.partition(":")
        if plain not in known and name not in CONTROL:
            if strict:
                raise FhirError(400, "not-supported", f"{kind} cannot be searched by {plain}")
            continue
        used.append((name, value))
        if name in CONTROL:
            continue
        if modifier not in {"", "not"}:
            raise FhirError(400, "not-supported", f"the modifier {modifier} is not supported")
        if not value:
            continue
        values = tuple(part for part in value.split(",") if part)
        if name == "_id" and ids is None:
            ids = values
            continue
        tests.append((known[plain], values, modifier == "not"))
    _try_out(tests)
    control = {name: value for name, value in pairs if name in CONTROL}
    return Question(kind, tuple(tests), _sort(kind, control.get("_sort", "")), _count(control), tuple(used), ids)


def run(records: Records, question: Question) -> list[Resource]:
    """All matches, sorted; without _sort in the order of creation."""
    with records.lock:
        found = [resource for resource in _candidates(records, question) if question.matches(resource)]
    for path, descending in reversed(question.sort):
        found.sort(key=lambda resource: _sort_key(resource, path), reverse=descending)
    return found


def _candidates(records: Records, question: Question) -> list[Resource]:
    """With _id only those named are looked at, so that a refresh by ids costs what it names."""
    if question.ids is None:
        return records.all(question.kind)
    named = (records.find(question.kind, id_) for id_ in dict.fromkeys(question.ids))
    return [resource for resource in named if resource is not None]


class Pages:
    """Snapshots behind `next` links: ids are fixed when the search ran, contents are read when the page is."""

    def __init__(self, records: Records, base_url: str) -> None:
        self._records = records
        self._base_url = base_url
        self._snapshots: OrderedDict[str, tuple[Question, list[str]]] = OrderedDict()

    def first(self, question: Question) -> dict[str, Any]:
        """Run the search and answer its first page."""
        ids = [resource["id"] for resource in run(self._records, question)]
        ticket = uuid.uuid4().hex
        if len(ids) > question.count:
            with self._records.lock:
                self._snapshots[ticket] = (question, ids)
                while len(self._snapshots) > SNAPSHOTS:
                    self._snapshots.popitem(last=False)
        query = urlencode(question.used)
        here = f"{self._base_url}/{question.kind}" + (f"?{query}" if query else "")
        return self._bundle(question, ids, ticket=ticket, offset=0, here=here)

    def later(self, kind: str, page: str) -> dict[str, Any]:
        """Answer the page a `next` link named; FhirError 410 when the snapshot is gone."""
        ticket, _, offset = page.partition(".")
        with self._records.lock:
            question, ids = self._snapshots.get(ticket, (None, []))
        if question is None or question.kind != kind or not offset.isdecimal():
            raise FhirError(410, "not-found", "this page of search results is no longer kept; search again")
        here = f"{self._base_url}/{kind}?_page={page}"
        return self._bundle(question, ids, ticket=ticket, offset=int(offset), here=here)

    def _bundle(self, question: Question, ids: list[str], *, ticket: str, offset: int, here: str) -> dict[str, Any]:
        links = [{"relation": "self", "url": here}]
        if question.count and len(ids) > offset + question.count:
            url = f"{self._base_url}/{question.kind}?_page={ticket}.{offset + question.count}"
            links.append({"relation": "next", "url": url})
        shown = [self._records.find(question.kind, id_) for id_ in ids[offset : offset + question.count]]
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(ids), "link": links}
        entries = [
            {
                "fullUrl": f"{self._base_url}/{question.kind}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in shown
            if resource is not None
        ]
        return {**bundle, "entry": entries} if entries else bundle


def _try_out(tests: list[tuple[Test, tuple[str, ...], bool]]) -> None:
    """A date that cannot be read is 400 even when there is nothing to compare it with."""
    probe: Resource = {"meta": {"lastUpdated": "2026-01-01"}, "id": "x"}
    dated = {"start": "2026-01-01", "birthDate": "2026-01-01", "period": {"start": "2026-01-01"}, "sent": "2026-01-01"}
    more = {"received": "2026-01-01", "authoredOn": "2026-01-01", "lastModified": "2026-01-01"}
    for test, values, _ in tests:
        for value in values:
            test({**probe, **dated, **more, "planningHorizon": {"start": "2026-01-01"}}, value)


def _sort(kind: str, raw: str) -> tuple[tuple[str, bool], ...]:
    paths = {"_lastUpdated": "meta.lastUpdated", "_id": "id", **SORTS[kind]}
    order = []
    for part in (part for part in raw.split(",") if part):
        name = part.removeprefix("-")
        if name not in paths:
            raise FhirError(400, "not-supported", f"{kind} cannot be sorted by {name}")
        order.append((paths[name], part.startswith("-")))
    return tuple(order)


def _sort_key(resource: Resource, path: str) -> tuple[bool, str]:
    value = next(iter(dig(resource, path)), None)
    if value is None:
        return True, ""
    dated = path.endswith(("start", "lastUpdated", "authoredOn", "lastModified", "sent", "received", "birthDate"))
    return False, span(value).low.astimezone(UTC).isoformat() if dated else str(value)


def _count(control: dict[str, str]) -> int:
    raw = control.get("_count", str(DEFAULT_COUNT))
    if not raw.isascii() or not raw.isdecimal():
        raise FhirError(400, "value", "_count must be a whole number")
    return min(int(raw), MAX_COUNT)
