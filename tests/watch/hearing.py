"""What Slack, the log, the job queues and Redis got while a test ran. It only listens: nothing is changed, nothing is kept back."""

import logging
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from core import log

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
TO_SLACK = ("/slack/api/", "/slack/response/", "/slack/files", "/slack/upload", "/slack/socket")
FROM_SLACK = "/slack/"
OURS = ("careloop", "handlers", "bot", "workflows", "integrations", "storage", "core")


@dataclass(frozen=True)
class Request:
    """What Slack got: a call, an answer to its own request, or a line of Socket Mode; `level` is what it might see then."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    level: str
    answer: bool = False


@dataclass
class Ears:
    """All that was heard since the test began."""

    level: Callable[[], str] = lambda: "none"
    requests: list[Request] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[tuple[Any, ...]] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Another test begins."""
        for heard in (self.requests, self.lines, self.jobs, self.printed):
            heard.clear()

    async def to_slack(self, scope: Event, receive: Receive) -> Receive:
        """The same `receive`, with what comes in by it heard first, even of a request that Slack then drops."""
        if not scope.get("path", "").startswith(TO_SLACK):
            return receive
        if scope["type"] == "websocket":
            return self._line(scope, receive)
        whole, more = b"", True
        came: list[Event] = []
        while more:
            came.append(await receive())
            whole += came[-1].get("body", b"")
            more = came[-1].get("more_body", False)
        self.requests.append(self._request(scope, whole))

        async def again() -> Event:
            return came.pop(0) if came else await receive()

        return again

    def from_slack(self, scope: Event, send: Send) -> Send:
        """The same `send`, with what goes out by it heard: an answer to Slack shows as much as a call does."""
        if scope["type"] != "http" or not scope.get("path", "").startswith(FROM_SLACK):
            return send
        said: list[bytes] = []

        async def heard(event: Event) -> None:
            said.append(event.get("body", b""))
            if event["type"] == "http.response.body" and not event.get("more_body"):
                self.requests.append(self._request(scope, b"".join(said), answer=True))
            await send(event)

        return heard

    def _line(self, scope: Event, receive: Receive) -> Receive:
        async def heard() -> Event:
            event = await receive()
            if event.get("text"):
                self.requests.append(self._request(scope, event["text"].encode(), answer=True))
            return event

        return heard

    def _request(self, scope: Event, body: bytes, *, answer: bool = False) -> Request:
        headers = {} if answer else {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = "" if answer else scope.get("query_string", b"").decode()
        return Request(scope["path"], query, headers, body, self.level(), answer)


EARS = Ears()
"""This pytest worker's: it does one test at a time."""


def listen_to_the_log() -> None:
    """Log as the processes do, at DEBUG, and hear each line before anything is dropped from it."""
    if not (structlog.is_configured() and structlog.get_config()["processors"][0] is _heard):
        log.own_lines(level="debug")
        structlog.configure(
            processors=[_heard, *structlog.get_config()["processors"]],
            logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whoever captures it now
        )
    if _LIBRARIES not in logging.getLogger().handlers:
        logging.getLogger().addHandler(_LIBRARIES)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.DEBUG)


def _heard(_logger: Any, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    EARS.lines.append(dict(fields))
    return fields


class _Records(logging.Handler):
    """The standard library's records: our own whole, a library's as `core.log` writes it, without its message."""

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name.partition(".")[0] in OURS
        EARS.lines.append({"logger": record.name} | ({"said": record.getMessage()} if ours else {}))


_LIBRARIES = _Records()
