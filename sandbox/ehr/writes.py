"""Create, update and delete, each under its conditions; and transactions made of them."""

import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.ehr.bookings import settle
from sandbox.ehr.checks import Resource, check, check_transition, references
from sandbox.ehr.queries import read, run
from sandbox.ehr.records import Change, Records
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import SHAPES

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
ETAG = re.compile(r'(?:W/)?"([0-9]+)"')


@dataclass(frozen=True)
class Written:
    """What one write came to: 200, 201 or 204, and the resource as it is now."""

    status: int
    resource: Resource | None


class Writes:
    """All methods raise FhirError and change nothing when they do. `forget` answers as if, and keeps nothing."""

    def __init__(self, records: Records, base_url: str) -> None:
        self.records = records
        self._base_url = base_url

    def create(self, kind: str, body: object, *, if_none_exist: str = "", forget: bool = False) -> "Outcome":
        """Store a new resource, or find the one that `if_none_exist` (a search) names: 200; several: 412."""
        with self.records.transaction(forget=forget) as changes:
            resource = self.readable(kind, body)
            found = self.existing(kind, if_none_exist)
            if found is not None:
                return Outcome(Written(200, found), [])
            stored = self.insert(resource, uuid.uuid4().hex)
            self.finish(changes, guarded=frozenset())
        return Outcome(Written(201, stored), changes)

    def update(self, kind: str, id_: str, body: object, *, if_match: str, forget: bool = False) -> "Outcome":
        """Store the next version of what is there; If-Match is required (400) and must be current (412)."""
        with self.records.transaction(forget=forget) as changes:
            stored = self.replace(kind, id_, self.readable(kind, body), if_match=if_match)
            self.finish(changes, guarded=frozenset({id_} if kind == "Slot" else ()))
        return Outcome(Written(200, stored), changes)

    def delete(self, kind: str, id_: str, *, if_match: str = "", forget: bool = False) -> "Outcome":
        """Leave a tombstone. Deleting what is already deleted is fine."""
        with self.records.transaction(forget=forget) as changes:
            self.remove(kind, id_, if_match=if_match)
        return Outcome(Written(204, None), changes)

    def readable(self, kind: str, body: object) -> Resource:
        """The body, if it is a resource of this kind; absolute references to this server become relative."""
        if not isinstance(body, dict) or body.get("resourceType") != kind:
            raise FhirError(400, "structure", f"the body is not a {kind}")
        local: Resource = _localised(body, self._base_url)
        return local

    def existing(self, kind: str, if_none_exist: str) -> Resource | None:
        """The one resource a conditional create would double, if there is one."""
        if not if_none_exist:
            return None
        question = read(kind, parse_qsl(if_none_exist, keep_blank_values=True), strict=True)
        if not question.tests and question.ids is None:
            raise FhirError(400, "invalid", "If-None-Exist needs search parameters")
        found = run(self.records, question)
        if len(found) > 1:
            raise FhirError(412, "multiple-matches", f"{len(found)} resources match If-None-Exist")
        return found[0] if found else None

    def insert(self, resource: Resource, id_: str) -> Resource:
        """Check and store version 1 under this id. Inside a transaction only."""
        fresh = {**resource, "id": id_}
        check(fresh)
        return self.records.put(fresh, method="POST")

    def replace(self, kind: str, id_: str, resource: Resource, *, if_match: str) -> Resource:
        """Check and store the next version. Inside a transaction only."""
        if resource.get("id") != id_:
            raise FhirError(400, "invalid", "the id in the body is not the id in the address")
        old = self._current_or_refuse(kind, id_)
        if not if_match:
            raise FhirError(400, "required", "updates need If-Match")
        self._check_version(old, if_match)
        check(resource)
        check_transition(old, resource)
        return self.records.put(resource, method="PUT")

    def remove(self, kind: str, id_: str, *, if_match: str) -> None:
        """Store a tombstone. Inside a transaction only."""
        current = self.records.find(kind, id_)
        if current is None:
            self.records.history(kind, id_)  # 404 when it never was
            return
        if if_match:
            self._check_version(current, if_match)
        self.records.delete(kind, id_)

    def finish(self, changes: list[Change], *, guarded: frozenset[str]) -> None:
        """The checks that need all writes of the transaction: references lead somewhere, slots are sold once."""
        settle(self.records, changes, guarded=guarded)
        for change in changes:
            resource = self.records.find(change.kind, change.id)
            for target, path in references(resource, change.kind):
                self._check_reference(target, path)

    def _check_reference(self, target: str, path: str) -> None:
        kind, _, id_ = target.partition("/")
        if target.startswith(("#", "http://", "https://")):
            return
        if kind not in SHAPES or self.records.find(kind, id_.partition("/")[0]) is None:
            raise FhirError(422, "not-found", f"the reference {target} leads nowhere", where=path)

    def _current_or_refuse(self, kind: str, id_: str) -> Resource:
        try:
            return self.records.current(kind, id_)
        except FhirError as error:
            if error.status != 404:
                raise
            raise FhirError(405, "not-supported", "update does not create: POST instead") from error

    def _check_version(self, current: Resource, if_match: str) -> None:
        wanted = ETAG.fullmatch(if_match.strip())
        if wanted is None:
            raise FhirError(400, "value", 'If-Match must look like W/"3"')
        if wanted[1] != current["meta"]["versionId"]:
            raise FhirError(412, "conflict", f"the current version is {current['meta']['versionId']}")


@dataclass(frozen=True)
class Outcome:
    """A single write and the changes it made (none when it was forgotten or found instead of made)."""

    written: Written
    changes: list[Change]


def _localised(body: Any, base_url: str) -> Any:
    if isinstance(body, dict):
        local = {name: _localised(value, base_url) for name, value in body.items()}
        if isinstance(local.get("reference"), str):
            local["reference"] = local["reference"].removeprefix(f"{base_url}/")
        return local
    if isinstance(body, list):
        return [_localised(value, base_url) for value in body]
    return body
