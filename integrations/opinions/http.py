"""One POST with a limit on time and size; a model that does not answer is left alone for a while."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from core import clock
from integrations.opinions.ports import Account, Later, NoOpinion
from integrations.origins import checked_base_url, is_loopback

MOST_BYTES = 65_536
REST_S = 30.0  # after no answer: one slow model must not hold up a lane, text after text
AGAIN = frozenset({408, 409, 425, 429})


class Line:
    """The way to one model. Safe to share between threads. Plain http is refused unless loopback."""

    def __init__(self, account: Account, headers: Mapping[str, str]) -> None:
        base = checked_base_url(account.base_url, setting="opinion.url")
        self._base = base.geturl()
        self._timeout_s = account.timeout_s
        self._client = httpx.Client(
            timeout=account.timeout_s, headers=dict(headers), trust_env=not is_loopback(base.hostname), follow_redirects=False
        )  # fmt: skip
        self._rests_until = 0.0

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that came back with 200. Raises Later and NoOpinion."""
        if clock.monotonic() < self._rests_until:
            raise Later("resting", retry_after_s=REST_S)
        try:
            status, said = self._exchange(path, body)
        except httpx.TimeoutException as error:
            raise self._rest("timeout") from error
        except httpx.HTTPError as error:
            raise self._rest("unreachable") from error
        if status in AGAIN or status >= 500:
            raise self._rest(f"http_{status}")
        if status != 200:
            raise NoOpinion(f"http_{status}")
        return _json_object(said)

    def _exchange(self, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        ends = clock.monotonic() + self._timeout_s
        said = b""
        with self._client.stream("POST", f"{self._base}{path}", json=dict(body)) as response:
            for piece in response.iter_bytes():
                said += piece
                if len(said) > MOST_BYTES:
                    raise NoOpinion("nonsense")
                if clock.monotonic() > ends:
                    raise httpx.ReadTimeout("too slow")
        return response.status_code, said

    def _rest(self, code: str) -> Later:
        self._rests_until = clock.monotonic() + REST_S
        return Later(code, retry_after_s=REST_S)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _json_object(said: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        raise NoOpinion("nonsense") from None
    if not isinstance(answer, dict):
        raise NoOpinion("nonsense")
    return answer
