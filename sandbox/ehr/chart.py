"""The chart: records, searches, writes, notifications and faults behind one face."""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter

from sandbox.ehr import act_routes, routes
from sandbox.ehr.acts import Acts
from sandbox.ehr.checks import Resource, check
from sandbox.ehr.faults import Faults
from sandbox.ehr.notices import Notices, Subscriber
from sandbox.ehr.queries import Pages
from sandbox.ehr.records import Change, Records, stamp
from sandbox.ehr.views import overview
from sandbox.ehr.writes import Writes

Profile = Literal["full", "no-transactions", "read-only"]
LOG_LINES = 200
REQUESTS = 5000


@dataclass(frozen=True)
class ChartConfig:
    """`base_url` is the FHIR base as clients see it (ending in /fhir); `token` the static Bearer token they must send.

    Changes are POSTed to `notify_url` ("" = nobody) with `notify_token`, retried after each of `retry_delays_s`.
    """

    base_url: str
    token: str
    notify_url: str = ""
    notify_token: str = ""
    profile: Profile = "full"
    retry_delays_s: tuple[float, ...] = (0.5, 2.0, 5.0, 15.0)


class Chart:
    """The vendor as a whole; `now` is business time, and the time of every version."""

    def __init__(self, config: ChartConfig, *, now: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self.config = config
        self.now = now
        self.changed = changed
        self.records = Records(now)
        self.pages = Pages(self.records, config.base_url)
        self.writes = Writes(self.records, config.base_url)
        subscriber = Subscriber(config.notify_url, config.notify_token, config.base_url, config.retry_delays_s)
        self.notices = Notices(subscriber, now=now)
        self.faults = Faults()
        self.acts = Acts(self)
        self.requests: deque[dict[str, str]] = deque(maxlen=REQUESTS)
        self._log: deque[dict[str, str]] = deque(maxlen=LOG_LINES)

    def router(self) -> APIRouter:
        """FHIR under /fhir and the control under /act/ehr."""
        router = routes.build(self)
        router.include_router(act_routes.build(self))
        return router

    def seed(self, resources: dict[str, list[Resource]]) -> None:
        """Fill the chart with resources that keep their ids, as if they had always been there: nobody is notified."""
        with self.records.transaction():
            for kept in resources.values():
                for resource in kept:
                    check(resource)
                    self.records.put(resource, method="POST")
        self.changed()

    def acting(self) -> AbstractContextManager[list[Change]]:
        """One transaction; tell() its changes before it ends."""
        return self.records.transaction()

    def tell(self, changes: list[Change]) -> None:
        """Log and announce what changed. Call while the transaction holds, so that order is the order of writes."""
        with self.records.lock:
            at = stamp(self.now())
            for change in changes:
                state = f" {change.status}" if change.status else ""
                self._log.append({"at": at, "what": f"{change.kind}/{change.id}{state} (version {change.version})"})
            self.notices.about(changes)
        if changes:
            self.changed()

    def state(self) -> dict[str, Any]:
        """The EHR's day for the page."""
        with self.records.lock:
            return {**overview(self.records), "log": list(self._log)}

    def dump(self) -> dict[str, Any]:
        """All versions, the log and the notifications; faults and the request log are not kept."""
        with self.records.lock:
            return {"records": self.records.dump(), "log": list(self._log), "notices": self.notices.dump()}

    def load(self, kept: dict[str, Any]) -> None:
        """Replace everything by what dump gave."""
        with self.records.lock:
            self.records.load(kept["records"])
            self._log = deque(kept["log"], maxlen=LOG_LINES)
            self.notices.load(kept["notices"])
        self.changed()

    async def aclose(self) -> None:
        """Stop what is under way and let go of the sockets."""
        await self.notices.aclose()
