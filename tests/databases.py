"""The servers of a test run and the databases on them: one server and template a run, one database a worker."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
import redis
from alembic import command
from alembic.config import Config
from psycopg import sql

from tests import kept
from tests.kept import line

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN_S = 90.0
TEMPLATE = "careloop_template"
APP_ROLE = "careloop_app"


@dataclass(frozen=True)
class Cluster:
    """The PostgreSQL of this run; the addresses name the database `careloop`, which tests leave alone."""

    owner_url: str
    app_url: str
    superuser_url: str

    def database(self, name: str) -> "Database":
        """The addresses of a database with this name, whether it exists or not."""
        return Database(
            name=name,
            owner_url=renamed(self.owner_url, name),
            app_url=renamed(self.app_url, name),
            superuser_url=renamed(self.superuser_url, name),
        )


@dataclass(frozen=True)
class Database:
    """One database, as each of the three roles sees it."""

    name: str
    owner_url: str
    app_url: str
    superuser_url: str


@dataclass(frozen=True)
class Bells:
    """The Valkey database of this pytest worker."""

    url: str

    def flush(self) -> None:
        """Forget everything in it, as an operator may at any moment."""
        with redis.Redis.from_url(self.url) as client:
            client.flushdb()


def renamed(url: str, name: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{name}"


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """One pytest worker at a time."""
    with (folder / f"{what}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def servers_of(folder: Path, *, run: int) -> dict[str, str]:
    """The addresses of this run's servers; whoever asks first starts the host that holds them."""
    file = folder / "addresses.json"
    with alone(folder, "servers"):
        if not file.exists():
            _start_host(folder, run=run)
    addresses: dict[str, str] = json.loads(file.read_text())
    return addresses


def _start_host(folder: Path, *, run: int) -> None:
    """It answers once the servers are up, and the host lives on as nobody's child: the run outlives this pytest worker."""
    with (folder / "host.log").open("wb") as log:
        started = subprocess.run(
            [sys.executable, str(ROOT / "tests" / "server_host.py"), str(folder), str(run)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
            timeout=START_WITHIN_S,
        )
    if started.returncode != 0:
        raise RuntimeError(f"the servers did not start:\n{(folder / 'host.log').read_text()}")


def end_host(folder: Path) -> None:
    """Ask the host to stop and wait until the servers and their data are gone."""
    file = folder / "host.pid"
    if not file.exists():
        return
    deadline = time.monotonic() + 15
    with suppress(ProcessLookupError):
        os.kill(int(file.read_text()), signal.SIGTERM)
        while time.monotonic() < deadline and not (folder / "host.over").exists():
            os.kill(int(file.read_text()), 0)
            time.sleep(0.02)


def migrate(database: Database, to: str = "head") -> None:
    """Run the project's own migrations, as the owner."""
    command.upgrade(alembic_config(database), to)


def alembic_config(database: Database) -> Config:
    """What `app.py migrate` hands to Alembic, for this database."""
    config = Config(str(ROOT / "alembic.ini"), stdout=StringIO())
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["owner_url"] = database.owner_url
    config.attributes["app_role"] = APP_ROLE
    return config


def create(cluster: Cluster, name: str, *, template: str = "template1") -> Database:
    """A fresh database of the owner's; one of this name from before is dropped."""
    drop(cluster, name)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(cluster.owner_url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return cluster.database(name)


def drop(cluster: Cluster, name: str) -> None:
    """Remove a database, whoever is still connected."""
    kept.close(name)
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def template_of(cluster: Cluster, folder: Path) -> str:
    """The name of a migrated, empty database to clone; built once per run."""
    done = folder / "template.done"
    with alone(folder, "template"):
        if not done.exists():
            migrate(create(cluster, TEMPLATE))
            done.touch()
    return TEMPLATE


def clean(database: Database) -> None:
    """Empty every table of the schema `public`, and start its sequences again.

    DELETE with foreign keys and triggers off: on small tables several times faster than TRUNCATE.
    """
    with line(database.superuser_url) as connection:
        connection.execute(EMPTY)


EMPTY = """
DO $$
DECLARE it record;
BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '10s';
    FOR it IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE format('DELETE FROM %s', it.name);
    END LOOP;
    FOR it IN SELECT format('%I.%I', schemaname, sequencename)::regclass AS name, start_value FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        PERFORM setval(it.name, it.start_value, false);
    END LOOP;
END $$
"""
