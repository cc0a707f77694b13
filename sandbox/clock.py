"""The demo's business time: one row in the database, read by `careloop.now()`, so that every process and every query moves together.

Machine time stays what it is: leases, signatures and retries are not shortened by a fast demo.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from core.clock import machine
from core.errors import Misconfigured, Refused

FASTEST = 3600.0
FARTHEST = timedelta(days=366)
STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
TABLE = """
CREATE TABLE IF NOT EXISTS careloop.business_clock (
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    anchor_business timestamptz NOT NULL,
    anchor_machine timestamptz NOT NULL,
    rate double precision NOT NULL DEFAULT 1 CHECK (rate > 0),
    paused boolean NOT NULL DEFAULT false
)
"""
FIRST_ROW = """
INSERT INTO careloop.business_clock (anchor_business, anchor_machine) VALUES (%s, clock_timestamp()) ON CONFLICT DO NOTHING
"""
# SECURITY DEFINER: the app's role gets the time and no right to the table. A transaction that began before the last
# change reads that change's instant, never an earlier one.
NOW = """
CREATE OR REPLACE FUNCTION careloop.now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = careloop, pg_temp AS $$
    SELECT anchor_business + CASE WHEN paused THEN interval '0'
        ELSE greatest(transaction_timestamp() - anchor_machine, interval '0') * rate END
    FROM careloop.business_clock
$$
"""
READ = "SELECT anchor_business, anchor_machine, rate, paused, clock_timestamp() FROM careloop.business_clock FOR UPDATE"
WRITE = "UPDATE careloop.business_clock SET anchor_business = %s, anchor_machine = %s, rate = %s, paused = %s"
STAND = "UPDATE careloop.business_clock SET anchor_business = %s, anchor_machine = clock_timestamp(), paused = true"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Business time was `business` when the machine's was `machine`; since then it runs `rate` times as fast, or stands."""

    business: datetime
    machine: datetime
    rate: float
    paused: bool

    def at(self, instant: datetime) -> datetime:
        """Business time at an instant of machine time, UTC."""
        if self.paused:
            return self.business
        return self.business + max(instant - self.machine, timedelta()) * self.rate


class DemoClock:
    """Moves business time as the database's owner; it is the only one who does."""

    def __init__(
        self, owner_url: str, *, zone: str = "America/Chicago", changed: Callable[[], None] = lambda: None
    ) -> None:
        """`zone` is the clinic's, for the page and for "+1 day"; `changed` is called after any change."""
        self._owner_url = owner_url
        self._zone = ZoneInfo(zone)
        self._changed = changed
        self._lock = Lock()
        self._anchor: Anchor | None = None

    def install(self, start: datetime) -> None:
        """Put business time in the place of the machine's, running from `start`. A clock that runs already keeps its time."""
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('careloop.business_clock'))")
            connection.execute(TABLE)
            connection.execute("REVOKE ALL ON careloop.business_clock FROM PUBLIC")
            connection.execute(FIRST_ROW, [start])
            connection.execute(NOW)
            self._anchor, _ = _read(connection)

    def now(self) -> datetime:
        """What people see on their clocks, aware UTC. Worked out here from the last change: no query."""
        return self._running().at(machine())

    def jump(self, to: datetime) -> None:
        """Go to a later instant, at most a year ahead; Refused when it is past, since time never goes back."""
        self._move(lambda _: to)

    def advance(self, delta: timedelta) -> None:
        """Jump by a span; Refused when it is negative."""
        self._move(lambda at: at + delta)

    def rate(self, x: float) -> None:
        """Let time run `x` times as fast as the machine's, from now on; Refused outside 0 < x ≤ 3600."""
        if not (math.isfinite(x) and 0 < x <= FASTEST):
            raise Refused(f"Time can run at up to {FASTEST:.0f} times its speed; to stop it, pause it.")
        self._change(lambda anchor: replace(anchor, rate=float(x)))

    def pause(self) -> None:
        """Let time stand; jumps still work."""
        self._change(lambda anchor: replace(anchor, paused=True))

    def resume(self) -> None:
        """Let time run again at the rate it had."""
        self._change(lambda anchor: replace(anchor, paused=False))

    @contextmanager
    def driven(self) -> Iterator[Callable[[datetime], None]]:
        """Let time stand and go where the call that is yielded says, over one connection: for a history that is played. It
        runs again afterwards, from where it was left. Only while nobody else moves it.
        """
        with psycopg.connect(self._owner_url, autocommit=True, options="-c synchronous_commit=off") as connection:

            def go(to: datetime) -> None:
                connection.execute(STAND, [to])

            self.pause()
            try:
                yield go
            finally:
                self.resume()

    def state(self) -> dict[str, Any]:
        """For the page: now (ISO, UTC), rate, paused, zone."""
        anchor = self._running()
        now = anchor.at(machine()).isoformat()
        return {"now": now, "rate": anchor.rate, "paused": anchor.paused, "zone": self._zone.key}

    def act(self, asked: dict[str, Any]) -> None:
        """What the page posts to `/act/clock`: any of `rate`, `paused`, `jump` ("1h", "1d") and `jump_to` (ISO with an offset)."""
        if "jump" in asked:
            self._step(asked["jump"])
        if "jump_to" in asked:
            self.jump(_instant(asked["jump_to"]))
        if "rate" in asked:
            self.rate(_number(asked["rate"]))
        if "paused" in asked:
            (self.pause if asked["paused"] else self.resume)()

    def _step(self, asked: Any) -> None:
        if not isinstance(asked, str) or asked not in STEPS:
            raise Refused(f"The clock jumps by one of {', '.join(STEPS)}.")
        if asked == "1d":  # the same time of day tomorrow, also across a change of daylight saving
            self._move(lambda at: (at.astimezone(self._zone) + STEPS["1d"]).astimezone(UTC))
        else:
            self.advance(STEPS[asked])

    def _move(self, to: Callable[[datetime], datetime]) -> None:
        def moved(anchor: Anchor) -> Anchor:
            try:
                target = to(anchor.business)
            except OverflowError as error:
                raise Refused("That is more than a year ahead.") from error
            if target < anchor.business:
                raise Refused("Time does not go back. Choose a later time.")
            if target - anchor.business > FARTHEST:
                raise Refused("That is more than a year ahead.")
            return replace(anchor, business=target)

        self._change(moved)

    def _change(self, how: Callable[[Anchor], Anchor]) -> None:
        """`how` gets the clock anchored at this very moment and gives what is true from here on."""
        with self._lock, self._connection() as connection:
            before, at = _read(connection)
            after = how(replace(before, business=before.at(at), machine=at))
            connection.execute(WRITE, [after.business, after.machine, after.rate, after.paused])
            self._anchor = after
        self._changed()

    def _running(self) -> Anchor:
        if self._anchor is None:
            raise Misconfigured(
                "the demo's clock is not installed", fix="Call `install` after the migrations have run."
            )
        return self._anchor

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._owner_url, options="-c timezone=utc") as connection:
            yield connection


def _read(connection: psycopg.Connection) -> tuple[Anchor, datetime]:
    row = connection.execute(READ).fetchone()
    if row is None:
        raise Misconfigured("the demo's clock has no time", fix="Start the demo over with --reset.")
    business, anchored, rate, paused, at = row
    return Anchor(business=business, machine=anchored, rate=rate, paused=paused), at


def _instant(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Refused("That is not a time.") from error
    if found.tzinfo is None:
        raise Refused("That time says no zone.")
    return found.astimezone(UTC)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("The speed is a number.")
    return float(value)
