"""Slack's rate limits, on machine time."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.answers import ratelimited

TIER_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Gates:
    """Token buckets by name; a refused call takes nothing, so asking again early does not lengthen the wait."""

    def __init__(self, machine: Callable[[], float]) -> None:
        self._machine = machine
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, *, burst: float, per_second: float) -> None:
        """Raise the 429 with its Retry-After when the bucket is empty."""
        now = self._machine()
        bucket = self._buckets.setdefault(name, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + max(0.0, now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens < 1 - 1e-9:
            raise ratelimited((1 - bucket.tokens) / per_second)
        bucket.tokens -= 1

    def take_tier(self, method: str, tier: int, *, factor: float) -> None:
        allowed = TIER_PER_MINUTE[tier] * factor
        self.take(f"method:{method}", burst=allowed, per_second=allowed / 60)
