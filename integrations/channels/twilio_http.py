"""The one place that knows how Twilio is reached: address, timeout, connections, and what an answer says."""

import json
import logging
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # no py.typed
from twilio.http.response import Response  # type: ignore[import-untyped]  # no py.typed

from integrations.origins import checked_base_url, is_loopback
from integrations.waits import retry_after_s

# Twilio's client logs numbers and texts; a logger outside the tree cannot be switched on by a log setting.
_SILENT = logging.Logger("careloop.twilio.silent")
_SILENT.disabled = True
_CONNECTIONS = 32


class NotOk(Exception):
    """Twilio answered something else than a JSON object with 2xx; `code` is Twilio's own, "" when it gave none."""

    def __init__(self, status: int, *, code: str, wait_s: float | None) -> None:
        super().__init__(f"HTTP {status} {code}".strip())
        self.status = status
        self.code = code
        self.wait_s = wait_s


class TwilioHttp(TwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped, so its class is Any
    """Twilio's own client with a timeout always, no retries, and a base address that a setting may replace.

    Safe to share between threads. Plain http is refused unless it is loopback. Raises `NotOk`, and
    the exceptions of `requests` when no answer came.
    """

    def __init__(self, base_url: str | None, *, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s, logger=_SILENT)
        self._base = checked_base_url(base_url, setting="TWILIO_API_BASE_URL") if base_url else None
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))
        if self._base and is_loopback(self._base.hostname):
            self.session.trust_env = False  # a company's proxy cannot reach this machine's loopback

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make the call at the configured address; anything but a JSON object with 2xx raises `NotOk`."""
        response = super().request(method, self._rebased(url), *args, **kwargs)
        answer = _json_object(response.text)
        if not 200 <= response.status_code < 300 or answer is None:
            code = str((answer or {}).get("code") or "")
            raise NotOk(response.status_code, code=code[:20], wait_s=retry_after_s(response.headers or {}))
        return response

    def _rebased(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        path = parts.path
        if self._base.path and not path.startswith(f"{self._base.path}/"):
            path = self._base.path + path
        return urlunsplit(parts._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path))


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
