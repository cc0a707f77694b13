"""What every channel speaks, whatever the vendor behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class SendState(StrEnum):
    """What is known about one attempt once the vendor answered, or did not."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"  # certain; may be tried again
    FAILED = "failed"  # certain; not as asked, see the code
    UNKNOWN = "unknown"  # it may have left: look it up, never send again by itself


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text for one attempt. `to` is E.164; `validity_s` is how long it may wait at the vendor, in seconds."""

    attempt_id: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    validity_s: int


@dataclass(frozen=True, slots=True)
class SendResult:
    """How one attempt ended; `code` is the vendor's, or our own word when nothing was posted."""

    state: SendState
    provider_sid: str | None = None
    code: str | None = None
    http_status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderText:
    """A message as the vendor lists it. `created_at` is aware UTC, machine time, whole seconds."""

    sid: str
    to: str = field(repr=False)
    status: str
    error_code: str | None
    created_at: datetime
    body: str = field(repr=False)
    from_number: str = field(repr=False, default="")
    direction: str = ""


class SmsChannel(Protocol):
    """A vendor that sends texts."""

    def send(self, text: OutgoingText) -> SendResult:
        """Post once; every vendor outcome comes back as a result, none is raised."""
        ...

    def find(self, to: str, *, since: datetime) -> list[ProviderText]:
        """List what the vendor holds for a recipient, created at or after `since`. Raises the core errors."""
        ...

    def fetch(self, sid: str) -> ProviderText | None:
        """Read one message; None when the vendor does not know it. Raises the core errors."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel file exports as `CHANNEL`; `connect` takes that vendor's account."""

    name: str
    connect: Callable[[Any], SmsChannel]
