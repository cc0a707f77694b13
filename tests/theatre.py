"""What a journey is played in, built once a pytest worker: vendors and web on loopback, a database with saved scenes."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import uvicorn
from pydantic import SecretStr
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from core import clock
from core.crypto import KeyRing
from core.settings import Settings
from handlers import deps as process
from handlers import http
from handlers.bells import Bells
from handlers.deps import Deps
from handlers.pacer import Pacer
from handlers.vendors import Vendors
from sandbox.app import Config
from sandbox.clinic import Clinic, clinic
from sandbox.slack import Person
from storage.db import Database
from storage.outbox import Lane
from tests import databases, scenes
from tests.factories import SECRET_KEYS
from tests.kept import line
from tests.watch.hearing import EARS
from tests.watch.plugin import level_of

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

START = date(2026, 11, 30)
VISIBLE_DAYS = 15  # slots kept: two weeks of them are enough to pick from, and quick to mirror
PATIENCE_S = 20.0
VIEWER, STRANGER = "U0VERA00008", "U0STRANGER9"
SCOPES = (
    "chat:write", "commands", "channels:read", "groups:read", "groups:history", "users:read", "users:read.email", "im:write",
    "files:read", "files:write", "usergroups:read",
)  # fmt: skip


OAUTH_CLIENT = ("100.200", "client-secret")


class Stage:
    """An ASGI app behind which another one is put for each test, and which knows how many requests are under way.

    The watch (`tests.watch`) hears what goes through it to Slack, and what answers Slack.
    """

    def __init__(self, *, vendors: bool) -> None:
        self.app: App | None = None
        self.under_way = 0
        self._vendors = vendors

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        assert self.app is not None
        self.under_way += scope["type"] == "http"
        try:
            if self._vendors:
                receive = await EARS.to_slack(scope, receive)
            else:
                send = EARS.from_slack(scope, send)
            await self.app(scope, receive, send)  # background tasks of a response run in here
        finally:
            self.under_way -= scope["type"] == "http"


class _Server(uvicorn.Server):
    """Notices at once that it should end, and remembers its event loop."""

    loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self.loop = asyncio.get_running_loop()
        while not self.should_exit:
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Served:
    """A stage that answers at `url`."""

    stage: Stage
    url: str
    server: _Server

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on the server's own event loop."""
        assert self.server.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.server.loop).result(PATIENCE_S)


@contextmanager
def served(*, vendors: bool) -> Iterator[Served]:
    """An empty stage on a free port of this machine: the vendors', or Careloop's own."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen(512)
    stage = Stage(vendors=vendors)
    server = _Server(
        uvicorn.Config(stage, log_config=None, ws="websockets-sansio", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.loop is not None)
        yield Served(stage, f"http://127.0.0.1:{held.getsockname()[1]}", server)
    finally:
        server.should_exit = True
        thread.join(10)
        held.close()


def wait_until(look: Callable[[], Any], *, within_s: float = PATIENCE_S, what: str = "it") -> Any:
    """Look again and again until there is something; fails when there is nothing in time."""
    until = clock.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert clock.monotonic() < until, f"{what} did not happen in {within_s:.0f} s"
        clock.pause(0.005)


@dataclass(frozen=True)
class Theatre:
    """Everything that stays for the whole session of one worker."""

    vendors: Served
    web: Served
    database: databases.Database
    redis: Redis
    redis_url: str
    deps: Deps
    config: Config
    clinic: Clinic
    facts: dict[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's."""
        return ZoneInfo(self.clinic.organisation.zone)

    def local(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A wall-clock time at the clinic, `days` after the first Monday."""
        first = self.clinic.start
        return datetime(first.year, first.month, first.day, hour, minute, tzinfo=self.zone) + timedelta(days=days)

    def answer_bells(self) -> list[str]:
        """Do every job that rings now, as the workers would, by its queue; the lanes attended."""
        queues = [self.deps.bells.queue(lane.value) for lane in Lane]
        attended: list[str] = []
        while found := Queue.dequeue_any(queues, timeout=None, connection=self.redis, serializer=JSONSerializer):
            job, queue = found
            EARS.jobs.append((queue.name, job.id, job.func_name, job.args, job.kwargs, job.meta, job.description))
            job.perform()
            job.delete()
            attended.append(queue.name)
        return attended

    def save(self, name: str) -> None:
        """Keep the database as it is now as a scene."""
        scenes.save(self.database, name)

    def restore(self, name: str) -> None:
        """The database is again as it was when this scene was saved; the mirror counts as just read."""
        databases.clean(self.database)
        scenes.play(self.database, name)
        with line(self.database.superuser_url) as connection:
            connection.execute("UPDATE patients SET ehr_read_at = clock_timestamp()")
            connection.execute("UPDATE ehr_feeds SET read_at = clock_timestamp()")
            connection.execute("UPDATE account_sweeps SET ended_at = clock_timestamp()")
        self.redis.flushdb()


@contextmanager
def theatre(cluster: databases.Cluster, template: str, redis_url: str, worker: int) -> Iterator[Theatre]:
    """Open one: its own database, so that its clock and rows are nobody else's."""
    database = databases.create(cluster, f"careloop_world_{worker}", template=template)
    made = _short(clinic(START))
    redis = Redis.from_url(redis_url)
    redis.flushdb()  # a bell that another test's worker did not live to answer would keep ours from being rung, for seconds
    with served(vendors=True) as vendors, served(vendors=False) as web:
        config = _config(vendors, web, database)
        deps = _deps(config, database, redis, redis_url)
        web.stage.app = http.build(deps)
        process.use(deps)
        watched = psycopg.connect(database.superuser_url, autocommit=True)
        EARS.level = lambda: level_of(watched)
        yield Theatre(vendors, web, database, redis, redis_url, deps, config, made, _facts(config, made))
        EARS.level = lambda: "none"
        watched.close()
        deps.db.dispose()
        redis.close()


def settings(config: Config, database: databases.Database, redis_url: str, *, web_url: str) -> Settings:
    """What a web or worker process of this theatre is told."""
    return Settings(
        database_url=SecretStr(database.app_url),
        redis_url=SecretStr(redis_url),
        public_base_url=web_url,
        secret_keys=SecretStr(SECRET_KEYS),
        slack_signing_secret=SecretStr(config.slack_signing_secret),
        slack_api_base_url=f"{config.url}/slack/api/",
        slack_client_id=OAUTH_CLIENT[0],
        slack_client_secret=SecretStr(OAUTH_CLIENT[1]),
        slack_authorize_url=f"{config.url}/slack/oauth/v2/authorize",
        twilio_api_base_url=f"{config.url}/twilio",
        twilio_segments_per_second=500,
        ehr_poll_s=86_400,
        careloop_demo=True,
    )


def _deps(config: Config, database: databases.Database, redis: Redis, redis_url: str) -> Deps:
    told = settings(config, database, redis_url, web_url=config.careloop_url)
    bells = Bells(redis)
    db = Database(database.app_url, KeyRing.parse(SECRET_KEYS), after_commit=bells.ring, origin=told.public_origin)
    pacer = Pacer(redis, segments_per_second=told.twilio_segments_per_second, posts_per_second=1e6)
    return Deps(settings=told, db=db, redis=redis, bells=bells, pacer=pacer, vendors=Vendors(db, told))


def _config(vendors: Served, web: Served, database: databases.Database) -> Config:
    return Config(
        port=int(vendors.url.rpartition(":")[2]),
        careloop_url=web.url,
        owner_url=database.owner_url,
        start=START.isoformat(),
        slack_team="T0LAKESIDE1",
        slack_bot_token="xoxb-world",
        slack_bot_user="U0CARELOOP1",
        slack_app="A0CARELOOP1",
        slack_signing_secret="world-signing",
        slack_scopes=SCOPES,
        twilio_account=f"AC{'a' * 32}",
        twilio_token="b" * 32,
        twilio_service=f"MG{'c' * 32}",
        ehr_token="world-ehr",
        ehr_notify_token="world-notify",
        memory="",
    )


def _facts(config: Config, made: Clinic) -> dict[str, Any]:
    """The demo's organisation, and one who may only look."""
    from sandbox import demo

    facts = demo._organisation(config, made)
    viewer = {"name": "Vera Lind", "email": "vera@lakeside.example", "slack_id": VIEWER, "role": "viewer", "teams": []}
    return facts | {"staff": [*facts["staff"], viewer]}


def _short(made: Clinic) -> Clinic:
    """The same clinic with only those slots that a story can reach."""
    last = (made.start + timedelta(days=VISIBLE_DAYS)).isoformat()
    taken = {link["reference"].removeprefix("Slot/") for v in made.resources["Appointment"] for link in v["slot"]}
    kept = [
        slot
        for slot in made.resources["Slot"]
        if slot["id"] in taken or made.visit_day.isoformat() <= slot["start"] < last
    ]
    return replace(made, resources=made.resources | {"Slot": kept})


def people(made: Clinic) -> tuple[Person, ...]:
    """Everybody in Slack: the staff, the viewer, and somebody who is not on the staff list."""
    known = [Person(one.id, one.name, one.title, one.email) for one in made.staff]
    return (*known, Person(VIEWER, "Vera Lind"), Person(STRANGER, "Olga Stone"))


def write_facts(folder: Path, facts: dict[str, Any]) -> Path:
    """The organisation file, as an operator would have it."""
    import json

    path = folder / "organisation.json"
    path.write_text(json.dumps(facts))
    return path
