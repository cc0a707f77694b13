"""Short-lived permits: trigger ids, which open one modal, and response URLs, which answer one interaction."""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.slack.answers import ApiError
from sandbox.slack.shapes import Json

TRIGGER_S = 3.0
RESPONSE_S = 1800.0
RESPONSE_USES = 5
_KEPT = 2_000


@dataclass
class Trigger:
    user: str
    issued_at: float
    view_id: str | None
    exchanged: bool = False


@dataclass
class ResponseUrl:
    """`source_ts` is the message whose button was pressed; a command has none."""

    user: str
    channel: str
    issued_at: float
    source_ts: str | None = None
    used: int = 0


class Passes:
    """Issues and redeems them on machine time."""

    def __init__(self, machine: Callable[[], float]) -> None:
        self._machine = machine
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}

    def trigger(self, user: str, *, view_id: str | None = None) -> str:
        name = f"{secrets.randbelow(10**13):013d}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(user, self._machine(), view_id)
        _keep_newest(self._triggers)
        return name

    def has(self, name: str) -> bool:
        """Whether it is a permit of this workspace."""
        return name in self._triggers or name in self._responses

    def valid_trigger(self, name: object) -> Trigger:
        """The trigger if it may still be exchanged; it is not spent yet, so a refused view does not burn it."""
        trigger = self._triggers.get(name) if isinstance(name, str) else None
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.exchanged:
            raise ApiError("exchanged_trigger_id")
        if self._machine() - trigger.issued_at > TRIGGER_S:
            raise ApiError("expired_trigger_id")
        return trigger

    def response(self, pass_: ResponseUrl) -> str:
        name = secrets.token_urlsafe(18)
        self._responses[name] = pass_
        _keep_newest(self._responses)
        return name

    def valid_response(self, name: str) -> ResponseUrl:
        """The permit if uses and time are left; the caller counts the use once the message was accepted."""
        found = self._responses.get(name)
        if found is None or self._machine() - found.issued_at > RESPONSE_S:
            raise ApiError("expired_url", status=404)
        if found.used >= RESPONSE_USES:
            raise ApiError("used_url", status=404)
        return found

    def dump(self) -> Json:
        return {"responses": {name: asdict(each) for name, each in self._responses.items()}}

    def load(self, kept: Json) -> None:
        self._responses = {name: ResponseUrl(**each) for name, each in kept["responses"].items()}


def _keep_newest(passes: dict[str, Any]) -> None:
    while len(passes) > _KEPT:
        del passes[next(iter(passes))]
