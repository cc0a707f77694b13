"""Business time for tests: standing still where a test puts it, or the machine's again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg

from sandbox.clock import DemoClock
from tests.kept import line

STAND = "UPDATE careloop.business_clock SET anchor_business = %s, anchor_machine = clock_timestamp(), rate = 1, paused = true"
MACHINE = """
CREATE OR REPLACE FUNCTION careloop.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT transaction_timestamp() $$
"""


class KeptClock(DemoClock):
    """A demo's clock whose connection stays open."""

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        with line(self._owner_url) as connection:
            yield connection


def set_business_time(owner_url: str, at: datetime) -> None:
    """Business time is `at` and stays there, for every process on this database; unlike a demo's it may also go back."""
    KeptClock(owner_url).install(at)
    with line(owner_url) as connection:
        connection.execute(STAND, [at])


def reset(owner_url: str) -> None:
    """Business time is the transaction's own again, as the migrations left it."""
    with line(owner_url) as connection:
        connection.execute(MACHINE)
        connection.execute("DROP TABLE IF EXISTS careloop.business_clock")
