"""Signed requests to Careloop: made once, recorded, and sent again byte for byte when asked."""

import base64
import hashlib
import hmac
import time
import uuid
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urldefrag, urlencode

import httpx

from sandbox.tls import TLS

KEPT = 20_000
TIMEOUT_S = 10.0


def signature(auth_token: str, url: str, params: dict[str, str]) -> str:
    """X-Twilio-Signature: base64 HMAC-SHA1 over the URL and the parameters sorted by name (vendor's webhook page)."""
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Webhook:
    """One request as it left; `status` and `ms` tell how the last delivery ended (status 0 = no answer)."""

    kind: str
    url: str
    body: str
    headers: dict[str, str]
    status: int | None = None
    ms: float = 0.0
    answer: str = field(default="", repr=False)


class Deliveries:
    """Everything sent to Careloop's webhooks, in order."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token
        self.recorded: deque[Webhook] = deque(maxlen=KEPT)
        self._client: httpx.AsyncClient | None = None

    def prepare(self, kind: str, url: str, params: dict[str, str]) -> Webhook:
        """Sign and record a request; it has not left yet."""
        target = urldefrag(url).url
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": signature(self._auth_token, target, params),
        }
        webhook = Webhook(kind, target, urlencode(params), headers)
        self.recorded.append(webhook)
        return webhook

    async def post(self, webhook: Webhook) -> Webhook:
        """Send exactly these bytes; an unreachable or slow receiver is status 0, as the vendor only logs it."""
        started = time.monotonic()
        try:
            response = await self._http().post(webhook.url, content=webhook.body.encode(), headers=webhook.headers)
            webhook.status, webhook.answer = response.status_code, response.text
        except httpx.HTTPError:
            webhook.status, webhook.answer = 0, ""
        webhook.ms = round((time.monotonic() - started) * 1000, 1)
        return webhook

    async def again(self, count: int | None, *, reverse: bool) -> list[Webhook]:
        """Deliver the newest `count` recorded webhooks (all without it) once more, one after the other."""
        chosen = [webhook for webhook in self.recorded if webhook.status is not None]
        if count is not None:
            chosen = chosen[len(chosen) - min(count, len(chosen)) :]
        return [await self.post(webhook) for webhook in (reversed(chosen) if reverse else chosen)]

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:  # made late: it belongs to the running event loop
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=0)
            self._client = httpx.AsyncClient(verify=TLS, timeout=TIMEOUT_S, limits=limits, trust_env=False)
        return self._client

    async def aclose(self) -> None:
        """Let go of the sockets."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def dump(self) -> list[dict[str, Any]]:
        """The newest 500, for the next run of the demo."""
        return [asdict(webhook) for webhook in list(self.recorded)[-500:]]

    def load(self, rows: list[dict[str, Any]]) -> None:
        """Take back what dump gave."""
        self.recorded = deque((Webhook(**row) for row in rows), maxlen=KEPT)
