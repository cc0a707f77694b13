"""Machine time: leases, signatures, trigger ids, tokens, Retry-After, rate buckets, and nothing else.

Business time is `careloop.now()` in SQL, handed out by `Database.begin`: the demo moves it, machine time it cannot move.
"""

import time
from datetime import UTC, datetime


def machine() -> datetime:
    """The machine's wall clock, aware, UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds for measuring a span within one process; no date."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Let a process wait for its next tick: only loops that own their process may call it."""
    time.sleep(seconds)
