"""Every version of every resource, with an undo log so that a transaction happens whole or not at all."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.ehr.checks import Resource
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import SHAPES


@dataclass(frozen=True)
class Version:
    """One state of a resource; `resource` is None where it was deleted. Never changed once stored."""

    number: int
    at: str
    method: str
    resource: Resource | None


@dataclass(frozen=True)
class Change:
    """What one write did, for notifications and the log."""

    kind: str
    id: str
    version: int
    method: str
    status: str


class Records:
    """`lock` is re-entrant and held for the length of a write; readers take it for a moment."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.lock = threading.RLock()
        self._held: dict[str, dict[str, list[Version]]] = {kind: {} for kind in SHAPES}
        self._undo: list[tuple[str, str, int]] | None = None
        self._changes: list[Change] = []

    @contextmanager
    def transaction(self, *, forget: bool = False) -> Iterator[list[Change]]:
        """All writes inside happen, or none: any exception puts everything back. Nesting is not meant.

        Yields the changes, in order. With `forget` the writes are undone at the end and nobody hears of them.
        """
        with self.lock:
            self._undo, self._changes = [], []
            kept = False
            try:
                yield self._changes
                kept = not forget
            finally:
                if not kept:
                    for kind, id_, count in reversed(self._undo):
                        self._rewind(kind, id_, count)
                    self._changes.clear()
                self._undo = None

    def put(self, resource: Resource, *, method: str) -> Resource:
        """Store the next version (the caller checked it) and return it with its meta."""
        kind, id_ = resource["resourceType"], resource.get("id") or uuid.uuid4().hex
        versions = self._held[kind].get(id_, [])
        number, at = len(versions) + 1, stamp(self._now())
        meta = {**resource.get("meta", {}), "versionId": str(number), "lastUpdated": at}
        stored = {"resourceType": kind, "id": id_, "meta": meta, **_without(resource)}
        self._append(kind, id_, Version(number, at, method, stored))
        return stored

    def delete(self, kind: str, id_: str) -> None:
        """Leave a tombstone; reading it is 410 from now on."""
        versions = self._held[kind][id_]
        self._append(kind, id_, Version(len(versions) + 1, stamp(self._now()), "DELETE", None))

    def current(self, kind: str, id_: str) -> Resource:
        """The newest version; FhirError 404 if it never was, 410 if it was deleted."""
        version = self.history(kind, id_)[-1]
        if version.resource is None:
            raise FhirError(410, "deleted", f"{kind}/{id_} was deleted")
        return version.resource

    def find(self, kind: str, id_: str) -> Resource | None:
        """The newest version, or None where there is none (never was, or deleted)."""
        with self.lock:
            versions = self._held.get(kind, {}).get(id_)
            return versions[-1].resource if versions else None

    def before(self, kind: str, id_: str) -> Resource | None:
        """The resource as it was when the running transaction began."""
        versions = self._held[kind].get(id_, [])
        count = next((n for k, i, n in self._undo or [] if (k, i) == (kind, id_)), len(versions))
        return versions[count - 1].resource if count else None

    def history(self, kind: str, id_: str) -> list[Version]:
        """All versions, oldest first; FhirError 404 if it never was."""
        with self.lock:
            versions = self._held[kind].get(id_)
            if not versions:
                raise FhirError(404, "not-found", f"{kind}/{id_} is not known")
            return list(versions)

    def all(self, kind: str) -> list[Resource]:
        """Every current resource of a kind, in the order they were first stored."""
        with self.lock:
            newest = [versions[-1].resource for versions in self._held[kind].values()]
        return [resource for resource in newest if resource is not None]

    def dump(self) -> dict[str, Any]:
        """All versions as JSON."""
        with self.lock:
            return {
                kind: {
                    id_: [[v.number, v.at, v.method, v.resource] for v in versions] for id_, versions in held.items()
                }
                for kind, held in self._held.items()
            }

    def load(self, kept: dict[str, Any]) -> None:
        """Replace everything by what dump gave."""
        with self.lock:
            self._held = {
                kind: {id_: [Version(*row) for row in rows] for id_, rows in kept.get(kind, {}).items()}
                for kind in SHAPES
            }

    def _append(self, kind: str, id_: str, version: Version) -> None:
        versions = self._held[kind].setdefault(id_, [])
        if self._undo is not None:
            self._undo.append((kind, id_, len(versions)))
        versions.append(version)
        status = (version.resource or {}).get("status", "")
        self._changes.append(Change(kind, id_, version.number, version.method, status))

    def _rewind(self, kind: str, id_: str, count: int) -> None:
        del self._held[kind][id_][count:]
        if not count:
            del self._held[kind][id_]


def stamp(at: datetime) -> str:
    """An R4 instant in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name not in {"resourceType", "id", "meta"}}
