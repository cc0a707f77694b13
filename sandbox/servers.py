"""Both servers that Careloop needs, started from their wheels: for the demo and the tests, on this machine only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sandbox.homes import forget
from sandbox.postgres import Postgres, start_postgres
from sandbox.valkey import Valkey, start_valkey

__all__ = ["Postgres", "Servers", "Valkey", "forget", "start_postgres", "start_servers", "start_valkey", "state_folder"]


@dataclass
class Servers:
    """PostgreSQL and Valkey of one state folder, and the addresses Careloop's settings want."""

    postgres: Postgres
    valkey: Valkey

    @property
    def database_url(self) -> str:
        """DATABASE_URL: the app's role, which owns nothing."""
        return self.postgres.app_url

    @property
    def owner_url(self) -> str:
        """DATABASE_OWNER_URL: for migrations."""
        return self.postgres.owner_url

    @property
    def superuser_url(self) -> str:
        """For tests and the demo's own housekeeping; Careloop never gets it."""
        return self.postgres.superuser_url

    @property
    def redis_url(self) -> str:
        """REDIS_URL."""
        return self.valkey.url

    @contextmanager
    def hasty(self) -> Iterator[None]:
        """The app's commits do not wait for the disk meanwhile: for a history, which is played again where the power failed."""
        role = sql.Identifier(str(conninfo_to_dict(self.database_url)["user"]))
        with psycopg.connect(self.superuser_url, autocommit=True) as link:
            link.execute(sql.SQL("ALTER ROLE {} SET synchronous_commit = off").format(role))
            try:
                yield
            finally:
                link.execute(sql.SQL("ALTER ROLE {} RESET synchronous_commit").format(role))

    def stop(self) -> None:
        """End both; the data stays."""
        self.valkey.stop()
        self.postgres.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_servers(state: Path, *, fast: bool = False) -> Servers:
    """Start both, or neither. Raises Misconfigured, as the two starters do."""
    postgres = start_postgres(state, fast=fast)
    try:
        return Servers(postgres=postgres, valkey=start_valkey(state))
    except BaseException:
        postgres.stop()
        raise


def state_folder(checkout: Path) -> Path:
    """Where the demo keeps its passwords, locks, logs and (unless run as root) data."""
    return checkout / ".careloop"
