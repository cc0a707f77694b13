"""Everything around the worker that is killed: real servers, local phones, the web process, and a clinic with patients to text."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import httpx
import psycopg
from redis import Redis
from rq import Queue, Worker
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import select, text

from core.crypto import KeyRing
from core.ids import show
from core.settings import Settings
from handlers.vendors import Vendors, connect
from integrations.channels.ports import OutgoingText
from storage.db import Database, new_id, now
from storage.outbox import Lane
from storage.tables import Enrollment, EnrollmentStep, ProgramRow
from tests import databases, factories
from tests.business_clock import set_business_time
from tests.journey.chaos.families import Child, Family
from tests.journey.chaos.orders import Order
from tests.journey.chaos.provider import ACCOUNT, SERVICE, TOKEN
from workflows import enrollments, publishing, sending
from workflows.sending import Patience

WITHIN_S = 90.0
NO_WAIT = Patience(lease_s=0, looks_s=(0, 0, 0))
OBSERVER = """
CREATE SCHEMA observer;
CREATE TABLE observer.happened (no bigserial PRIMARY KEY, what text, subject uuid, number_id uuid, state text);
CREATE FUNCTION observer.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE number uuid;
BEGIN
    IF TG_TABLE_NAME = 'messages' THEN
        INSERT INTO observer.happened (what, subject, number_id, state) VALUES ('message', NEW.id, NEW.number_id, NEW.state);
    ELSIF TG_TABLE_NAME = 'suppressions' THEN
        INSERT INTO observer.happened (what, subject, number_id, state) VALUES ('stop', NEW.id, NEW.number_id, NEW.source);
    ELSE
        SELECT m.number_id INTO number FROM messages m WHERE m.id = NEW.message_id AND m.purpose = 'program';
        INSERT INTO observer.happened (what, subject, number_id, state) VALUES ('attempt', NEW.message_id, number, NEW.state);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER observed AFTER INSERT OR UPDATE OF state ON messages FOR EACH ROW EXECUTE FUNCTION observer.note();
CREATE TRIGGER observed AFTER INSERT ON suppressions FOR EACH ROW EXECUTE FUNCTION observer.note();
CREATE TRIGGER observed AFTER INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION observer.note();
"""


class Stage:
    """A clinic of its own database, with people, processes and vendors. Everything is real but the phone network."""

    def __init__(
        self, urls: databases.Database, redis_url: str, *, provider_url: str, port: int, family: Family, folder: Path
    ) -> None:
        self.urls, self.redis_url, self.provider_url, self.port = urls, redis_url, provider_url, port
        self.family, self.folder = family, folder
        self.redis = Redis.from_url(redis_url)
        self.db = Database(urls.app_url, KeyRing.parse(factories.SECRET_KEYS))
        self.org = factories.an_organisation(self.db)
        self.phones: dict[UUID, str] = {}
        self.vendors = Vendors(
            self.db,
            Settings(public_base_url=f"http://127.0.0.1:{port}", twilio_api_base_url=f"{provider_url}/twilio"),
        )
        self.texts_per_second = 20.0
        self._started = 0

    def enroll(self, count: int) -> list[str]:
        """Patients whose first text was left unanswered and whose second is due now; their numbers."""
        with self.db.begin(org=self.org) as session:
            program = session.scalars(select(ProgramRow).where(ProgramRow.code == "no_show")).one()
            numbers = []
            for _ in range(count):
                phone = f"+1312{2_000_000 + len(self.phones)}"
                patient = factories.a_patient(session, phone=phone)
                number_id = session.scalar(
                    text("SELECT number_id FROM patient_numbers WHERE patient_id = :id"), {"id": patient.id}
                )
                row = new_id(session)
                asked_at = now(session) - timedelta(days=3)
                session.add(
                    Enrollment(
                        org_id=self.org, id=row, program_id=program.id, version_id=program.live_version_id,
                        patient_id=patient.id, number_id=number_id, state="waiting", step="first", touches=1,
                        entered_at=asked_at, wake_at=now(session), started_at=asked_at, owner="ehr", source="chaos", reach="delivered",
                        version=1, holdout=False,
                    )
                )  # fmt: skip
                session.flush()
                session.add(EnrollmentStep(org_id=self.org, enrollment_id=row, step="first", entered_at=asked_at))
                self.phones[row] = phone
                numbers.append(phone)
        return numbers

    def plan(self) -> None:
        """Move every due enrollment now, in this process: the texts are planned and promised."""
        with self.db.begin(org=self.org) as session:
            while enrollments.advance(session):
                session.flush()

    def leave_unanswered(self, *, post: int) -> None:
        """Claim what is planned as a worker does, post the first of them, and die before an answer: all are UNKNOWN, their look-up due."""
        with self.db.begin(org=self.org) as session:
            ready = sending.claim(session, Lane.DELIVERY, patience=NO_WAIT)
        channel = self.vendors.sms(self.org)
        for item in ready[:post]:
            channel.send(OutgoingText(show("att", item.attempt_id), item.to, item.body, item.validity_s))
        with self.db.begin(org=self.org) as session:
            sending.sweep(session, patience=NO_WAIT)

    def forgive(self) -> None:
        """The tries so far were hours ago: a provider that left many without an answer is not asked again at once (`provider.ails`)."""
        with psycopg.connect(self.urls.superuser_url) as link:
            link.execute("UPDATE attempts SET started_at = started_at - interval '1 hour'")

    def listens(self, lane: str) -> bool:
        """Whether a worker has answered its own first ring and waits for the next."""
        workers = Worker.all(connection=self.redis, serializer=JSONSerializer)
        return any(one.get_state() == "idle" for one in workers) and self._idle(lane)

    def start(self, order: Order) -> Child:
        """Start one process, with a journal of its own."""
        self._started += 1
        journal = self.folder / f"journal-{self._started}"
        journal.touch()
        return self.family.start(replace(order, journal=str(journal), log=str(self.folder / "log"), env=self._env()))

    def start_web(self) -> Child:
        """Careloop's web process, answering."""
        web = self.start(Order("web"))
        self.until(lambda: _answers(f"http://127.0.0.1:{self.port}/health"))
        return web

    def dies(self, child: Child, lane: str) -> bool:
        """Wait for a worker's death; False when it has done what there was and lives."""
        seen_idle = 0

        def decided() -> bool:
            nonlocal seen_idle
            seen_idle = seen_idle + 1 if child.passed() and self._idle(lane) else 0
            return child.ended.is_set() or seen_idle > 2

        self.until(decided)
        return child.ended.is_set()

    def _idle(self, lane: str) -> bool:
        queue = Queue(lane, connection=self.redis)
        return not queue.count and not StartedJobRegistry(queue=queue).get_job_count(cleanup=False)

    def until(self, true: Callable[[], bool], *, within_s: float = WITHIN_S) -> float:
        """Wait for something to become true; the seconds it took."""
        begun = monotonic()
        pulse = threading.Event()
        while not true():
            assert monotonic() - begun < within_s, f"not within {within_s} s\n{self.log()}"
            pulse.wait(0.03)
        return monotonic() - begun

    def flush(self) -> None:
        """Redis forgets everything, as after FLUSHALL (this database of it is all ours)."""
        self.redis.flushdb()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database holds, read past row-level security."""
        with psycopg.connect(self.urls.superuser_url) as link:
            return link.execute(statement.encode()).fetchall()

    def provider(self, method: str, path: str, **body: Any) -> Any:
        """The local phones' control."""
        answer = httpx.request(
            method, f"{self.provider_url}/act/phones/{path}", json=body or None, timeout=120, trust_env=False
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sent(self) -> list[dict[str, Any]]:
        """The provider's own list of what Careloop sent."""
        listed: list[dict[str, Any]] = self.provider("GET", "messages")["messages"]
        return [one for one in listed if one["direction"] == "outbound-api"]

    def log(self) -> str:
        """The end of what the processes logged."""
        return (self.folder / "log").read_text()[-4000:]

    def close(self) -> None:
        """End every process."""
        self.family.end()
        self.db.dispose()
        self.redis.close()

    def _env(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.urls.app_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEYS": factories.SECRET_KEYS,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "SLACK_SIGNING_SECRET": "unused-here",
            "SLACK_API_BASE_URL": f"{self.provider_url}/slack/api/",
            "TWILIO_API_BASE_URL": f"{self.provider_url}/twilio",
            "TWILIO_SEGMENTS_PER_SECOND": str(self.texts_per_second),
            "SLACK_POSTS_PER_SECOND": "1000",
            "EHR_POLL_S": "100000",
            "LOG_LEVEL": "warning",
            "PORT": str(self.port),
        }


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def set_up(
    urls: databases.Database, redis_url: str, *, provider_url: str, port: int, family: Family, folder: Path
) -> Iterator[Stage]:
    """A stage with its clinic: business time stands at Monday noon, the built-in programs are live, vendors are connected."""
    set_business_time(urls.owner_url, factories.MONDAY_NOON)
    with psycopg.connect(urls.superuser_url) as link:
        link.execute(OBSERVER)
    stage = Stage(urls, redis_url, provider_url=provider_url, port=port, family=family, folder=folder)
    try:
        with stage.db.begin(org=stage.org) as session:
            factories.a_site(session)
            factories.all_teams(session)
            publishing.publish_built_in(session, actor="system")
            connect(
                session,
                "twilio",
                {"account_sid": ACCOUNT, "auth_token": TOKEN, "messaging_service_sid": SERVICE},
            )
            connect(session, "fhir", {"base_url": f"{provider_url}/fhir", "token": TOKEN})
            session.execute(
                text("INSERT INTO routes (kind, key, org_id) VALUES ('twilio.account', :key, :org)"),
                {"key": ACCOUNT, "org": stage.org},
            )
        yield stage
    finally:
        stage.close()
