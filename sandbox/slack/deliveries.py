"""Signed requests to the app, as Slack makes them. Interactions go out once; events are tried again."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.slack.config import SlackConfig
from sandbox.slack.requests import Heard, Sent
from sandbox.slack.shapes import Json
from sandbox.slack.sockets import Sockets
from sandbox.tls import TLS

_KEPT = 500
_HANG_UP_S = 10.0
_FORM = "application/x-www-form-urlencoded"


class Deliveries:
    """The only way out of the workspace."""

    def __init__(self, config: SlackConfig, machine: Callable[[], float]) -> None:
        self._config = config
        self._machine = machine
        self._tasks: set[asyncio.Task[None]] = set()
        self.interactions: deque[Sent] = deque(maxlen=_KEPT)
        self.events: deque[Sent] = deque(maxlen=_KEPT)
        self.sockets = Sockets()

    def signed(self, url: str, body: bytes, content_type: str) -> Sent:
        """Slack's v0 scheme: HMAC-SHA256 over `v0:{timestamp}:{raw body}` with the signing secret."""
        stamp = str(int(self._machine()))
        base = b"v0:" + stamp.encode() + b":" + body
        digest = hmac.new(self._config.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        return Sent(url, body, headers)

    async def interact(self, payload: Json) -> Heard:
        """A click, a submission or a closing: form-encoded, never retried."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self._once(self.signed(self._config.interactivity_url, body, _FORM))

    async def command(self, form: dict[str, str]) -> Heard:
        return await self._once(self.signed(self._config.commands_url, urlencode(form).encode(), _FORM))

    async def _once(self, sent: Sent) -> Heard:
        self.interactions.append(sent)
        return await self.post(sent, hang_up_s=_HANG_UP_S)

    async def post(self, sent: Sent, *, hang_up_s: float) -> Heard:
        """Send it as it is and time the answer; later than Slack waits is a timeout, even when it did arrive.

        Down the app's own line where it keeps one (Socket Mode), else to its address.
        """
        if self.sockets.connected:
            return await self.sockets.post(sent, hang_up_s=hang_up_s)
        began = time.monotonic()
        try:
            async with httpx.AsyncClient(verify=TLS, trust_env=False, timeout=hang_up_s) as client:
                answer = await client.post(sent.url, content=sent.body, headers=sent.headers)
        except httpx.TimeoutException:
            return Heard(0, _ms_since(began), reason="http_timeout")
        except httpx.HTTPError:
            return Heard(0, _ms_since(began), reason="connection_failed")
        spent = _ms_since(began)
        late = "http_timeout" if spent > self._config.ack_s * 1000 else None
        failed = None if 200 <= answer.status_code < 300 else "http_error"
        no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
        return Heard(answer.status_code, spent, answer.content, failed or late, no_retry)

    def event(self, payload: Json) -> None:
        """Send an event in the background, and again after each configured delay until one answer is good."""
        self.in_background(self._until_heard(payload))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_heard(self, payload: Json) -> None:
        body = json.dumps(payload).encode()
        sent = self.signed(self._config.events_url, body, "application/json")
        self.events.append(sent)
        heard = await self.post(sent, hang_up_s=self._config.ack_s)
        for count, delay in enumerate(self._config.retry_delays_s, start=1):
            if heard.good or heard.no_retry:
                return
            await asyncio.sleep(delay * self._config.retry_scale)
            again = self.signed(self._config.events_url, body, "application/json")
            again.headers["X-Slack-Retry-Num"] = str(count)
            again.headers["X-Slack-Retry-Reason"] = heard.reason or "unknown_error"
            heard = await self.post(again, hang_up_s=self._config.ack_s)

    async def verify_url(self, challenge: str) -> bool:
        """The handshake Slack makes when an events address is entered: the challenge must come back."""
        body = json.dumps({"type": "url_verification", "challenge": challenge}).encode()
        sent = self.signed(self._config.events_url, body, "application/json")
        heard = await self.post(sent, hang_up_s=self._config.ack_s)
        said = (heard.json() or {}).get("challenge", heard.body.decode(errors="replace"))
        return heard.good and bool(said == challenge)


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
