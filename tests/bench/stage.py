"""Where the benches run: PostgreSQL with fsync on, Valkey, a database for each bench, and Careloop's own processes on them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from redis import Redis

from core.crypto import KeyRing
from core.settings import Settings
from handlers.bells import Bells
from handlers.deps import Deps
from handlers.pacer import Pacer
from handlers.vendors import Vendors, connect
from integrations.channels.ports import SmsChannel
from sandbox.servers import Servers
from storage.db import Database
from storage.tables import Route
from tests import databases, factories
from tests.bench.channel import Silent
from workflows import publishing

SIGNING_SECRET = "bench-signing-secret"
TWILIO_ACCOUNT = "AC" + "0" * 32
TWILIO_TOKEN = "bench-auth-token"
AGENT = "U0AGENT"
NOWHERE = "http://127.0.0.1:9"  # nothing a bench measures calls a vendor; a call would be refused at once
READY_WITHIN_S = 60.0


class NoNetwork(Vendors):
    """The vendors, with a text channel that accepts at once."""

    def sms(self, org: UUID) -> SmsChannel:
        return Silent()


@dataclass(frozen=True)
class Stage:
    """One migrated database on the run's servers."""

    servers: Servers
    database: databases.Database
    port: int

    def env(self) -> dict[str, str]:
        """What app.py reads."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": self.database.app_url,
            "REDIS_URL": self.servers.redis_url,
            "SECRET_KEYS": factories.SECRET_KEYS,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "SLACK_API_BASE_URL": f"{NOWHERE}/api/",
            "TWILIO_API_BASE_URL": NOWHERE,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "CARELOOP_DEMO": "1",
            "PORT": str(self.port),
            "LOG_LEVEL": "error",
        }

    def deps(self) -> Deps:
        """What a worker works with, as app.py composes it; no cap on segments, no network."""
        found = Settings.model_validate({key.lower(): value for key, value in self.env().items()})
        redis = Redis.from_url(self.servers.redis_url)
        bells = Bells(redis)
        db = Database(self.database.app_url, KeyRing.parse(factories.SECRET_KEYS), after_commit=bells.ring)
        return Deps(found, db, redis, bells, Pacer(redis, segments_per_second=1e6), NoNetwork(db, found))

    def organisation(self, db: Database) -> UUID:
        """A clinic with its teams, one agent, both vendors' secrets and the built-in programs."""
        org = factories.an_organisation(db)
        with db.begin(org=org) as session:
            factories.a_site(session)
            teams = factories.all_teams(session)
            factories.a_member_of_staff(session, team=teams["patient_access"], slack_id=AGENT)
            bot = {"bot_token": "xoxb-bench", "bot_id": "B0BENCH", "bot_user_id": "U0BOT"}
            connect(session, "slack", bot)
            account = {"account_sid": TWILIO_ACCOUNT, "auth_token": TWILIO_TOKEN, "messaging_service_sid": "MG0"}
            connect(session, "twilio", account)
            publishing.publish_built_in(session, actor="system")
            session.add_all(
                [
                    Route(kind="slack.team", key=factories.WORKSPACE, org_id=org),
                    Route(kind="twilio.account", key=TWILIO_ACCOUNT, org_id=org),
                ]
            )
        return org


def stage(servers: Servers, name: str) -> Stage:
    """A fresh database of this name, migrated."""
    cluster = databases.Cluster(servers.owner_url, servers.database_url, servers.superuser_url)
    database = databases.create(cluster, f"bench_{name}")
    databases.migrate(database)
    with Redis.from_url(servers.redis_url) as redis:
        redis.flushdb()
    return Stage(servers, database, free_port())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(command: list[str], env: Mapping[str, str], *, ready: str | None = None) -> Iterator[int]:
    """A process of ours for the length of a bench, its id; `ready` is an address that answers once it serves."""
    process = subprocess.Popen([sys.executable, *command], cwd=databases.ROOT, env=dict(env), stdout=sys.stderr)
    try:
        if ready:
            _await(ready, process)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} did not answer")
