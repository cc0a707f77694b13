"""One request to the app, and what came back."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sent:
    """One signed request, kept byte for byte so that it can be replayed."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Heard:
    """What came back; status 0 means no HTTP answer at all, and `reason` is Slack's word for a failure."""

    status: int
    ms: int
    body: bytes = b""
    reason: str | None = None
    no_retry: bool = False

    @property
    def good(self) -> bool:
        return self.reason is None

    def json(self) -> Any:
        """The body when it is a JSON object, else None."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None
