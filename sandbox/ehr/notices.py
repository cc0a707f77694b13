"""Change notifications: R4 backport bundles, id only, sent at least once and in no promised order."""

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import httpx

from sandbox.ehr.records import Change, stamp
from sandbox.tls import TLS

PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
TOLD = frozenset({"Appointment", "Patient", "Encounter", "Procedure"})
KEPT = 20_000
TIMEOUT_S = 10.0


@dataclass
class Notice:
    """One notification as it leaves; `status` is the last answer (0 = none, None = not yet sent), `tries` how often."""

    body: str
    status: int | None = None
    tries: int = 0


@dataclass(frozen=True)
class Subscriber:
    """Where notifications go: `url` "" means nobody subscribed; `retry_delays_s` in machine time, one try each."""

    url: str
    token: str
    base_url: str
    retry_delays_s: tuple[float, ...]


class Notices:
    """Everything told to the subscriber, in order."""

    def __init__(self, subscriber: Subscriber, *, now: Callable[[], datetime]) -> None:
        self._to = subscriber
        self._now = now
        self.sent: deque[Notice] = deque(maxlen=KEPT)
        self._waiting: deque[Notice] = deque()
        self._events = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def about(self, changes: list[Change]) -> None:
        """Write a notification for each change a subscriber would hear of; it leaves at the next flush."""
        for change in changes:
            if change.kind in TOLD and self._to.url:
                self._events += 1
                self._waiting.append(Notice(json.dumps(self._bundle("event-notification", change))))

    def handshake(self) -> None:
        """Write the first notification of a subscription: no events, and it must be answered 2xx too."""
        self._waiting.append(Notice(json.dumps(self._bundle("handshake", None))))

    def flush(self) -> None:
        """Send what waits, in the background of the running event loop."""
        while self._waiting:
            notice = self._waiting.popleft()
            self.sent.append(notice)
            task = asyncio.get_running_loop().create_task(self._deliver(notice))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def again(self, count: int | None, *, reverse: bool) -> list[Notice]:
        """Send the newest `count` notifications (all without it) once more, byte for byte, one after the other."""
        chosen = [notice for notice in self.sent if notice.status is not None]
        if count is not None:
            chosen = chosen[len(chosen) - min(count, len(chosen)) :]
        for notice in reversed(chosen) if reverse else chosen:
            await self._post(notice)
        return chosen

    async def aclose(self) -> None:
        """Stop what is under way and let go of the sockets."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def dump(self) -> dict[str, Any]:
        """The counter and the newest 500."""
        return {"events": self._events, "sent": [asdict(notice) for notice in list(self.sent)[-500:]]}

    def load(self, kept: dict[str, Any]) -> None:
        """Take back what dump gave."""
        self._events = kept["events"]
        self.sent = deque((Notice(**row) for row in kept["sent"]), maxlen=KEPT)

    async def _deliver(self, notice: Notice) -> None:
        await self._post(notice)
        for delay in self._to.retry_delays_s:
            if notice.status is not None and 200 <= notice.status < 300:
                return
            await asyncio.sleep(delay)
            await self._post(notice)

    async def _post(self, notice: Notice) -> None:
        headers = {"Content-Type": "application/fhir+json", "Authorization": f"Bearer {self._to.token}"}
        notice.tries += 1
        try:
            answer = await self._http().post(self._to.url, content=notice.body.encode(), headers=headers)
            notice.status = answer.status_code
        except httpx.HTTPError:
            notice.status = 0

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:  # made late: it belongs to the running event loop
            limits = httpx.Limits(max_connections=32, max_keepalive_connections=0)
            self._client = httpx.AsyncClient(verify=TLS, timeout=TIMEOUT_S, limits=limits, trust_env=False)
        return self._client

    def _bundle(self, kind: str, change: Change | None) -> dict[str, Any]:
        at = stamp(self._now())
        entries = [self._status_entry(kind, change, at)]
        if change is not None:
            here = f"{change.kind}/{change.id}"
            status = {"POST": "201", "PUT": "200", "DELETE": "204"}[change.method]
            entries.append(
                {
                    "fullUrl": f"{self._to.base_url}/{here}",
                    "request": {"method": change.method, "url": change.kind if change.method == "POST" else here},
                    "response": {"status": status, "etag": f'W/"{change.version}"', "lastModified": at},
                }
            )
        return {
            "resourceType": "Bundle",
            "id": uuid.uuid4().hex,
            "meta": {"profile": [f"{PROFILE}backport-subscription-notification-r4"]},
            "type": "history",
            "timestamp": at,
            "entry": entries,
        }

    def _status_entry(self, kind: str, change: Change | None, at: str) -> dict[str, Any]:
        base_url, id_ = self._to.base_url, str(uuid.uuid4())
        topic = change.kind.lower() if change else "appointment"
        parameters: list[dict[str, Any]] = [
            {"name": "subscription", "valueReference": {"reference": f"{base_url}/Subscription/careloop"}},
            {"name": "topic", "valueCanonical": f"{base_url}/SubscriptionTopic/{topic}-changed"},
            {"name": "status", "valueCode": "active" if change else "requested"},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(self._events)},
        ]
        if change is not None:
            focus = {"reference": f"{base_url}/{change.kind}/{change.id}"}
            part = [
                {"name": "event-number", "valueString": str(self._events)},
                {"name": "timestamp", "valueInstant": at},
                {"name": "focus", "valueReference": focus},
            ]
            parameters.append({"name": "notification-event", "part": part})
        return {
            "fullUrl": f"urn:uuid:{id_}",
            "resource": {
                "resourceType": "Parameters",
                "id": id_,
                "meta": {"profile": [f"{PROFILE}backport-subscription-status-r4"]},
                "parameter": parameters,
            },
            "request": {"method": "GET", "url": f"{base_url}/Subscription/careloop/$status"},
            "response": {"status": "200"},
        }
