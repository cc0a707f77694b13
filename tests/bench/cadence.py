"""Two steps of a program for thousands: timers, engine, encryption, ledger, consent, windows, claim, attempt, settle."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from rq import Worker

from handlers import jobs
from handlers.deps import Deps, use
from sandbox.servers import Servers
from storage.outbox import Lane
from tests import factories
from tests.bench import floors, seed
from tests.bench.clicks import pss_mb
from tests.bench.report import Metric, log, tell
from tests.bench.stage import Stage, running, stage
from tests.business_clock import set_business_time

PER_S = 1500.0
COMMITS = 0.1
OF_THE_PEER = 8.0
PEER_COUNT = 200
THIRD = timedelta(days=3)  # the second text's wait
LATER = timedelta(minutes=1)  # nothing is due while the workers start
MEMORY_MB = 200.0
WAIT_S = 300.0
WORKERS = 2
ADVANCE_S = 90.0  # for 100,000 enrollments and both steps


def run(servers: Servers, *, count: int) -> None:
    """Print cadence_enrollments_per_s, commits_per_enrollment, their parts, the floor and the peer."""
    here = stage(servers, "cadence")
    deps = here.deps()
    use(deps)
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    org = here.organisation(deps.db)
    _due(deps, org, count, at=factories.MONDAY_NOON + LATER)
    moved, sent, commits = 0.0, 0.0, {Lane.BULK: 0, Lane.DELIVERY: 0}
    for at in (factories.MONDAY_NOON + LATER, factories.MONDAY_NOON + THIRD + LATER):
        for lane, work in ((Lane.BULK, _advance), (Lane.DELIVERY, _drain)):
            took, made = work(here, deps, at)
            commits[lane] += made
            moved, sent = (moved + took, sent) if lane is Lane.BULK else (moved, sent + took)
            log(f"{lane.value} at {at:%a %H:%M}: {took:.2f} s, {made} commits")
    _sent(here, 2 * count)
    deps.db.dispose()
    floors.prepare(here.database.owner_url, enrollments=max(count, PEER_COUNT))
    floor = floors.set_based(here.database.owner_url, count=count)
    peer = floors.job_each(here.database.owner_url, servers.redis_url, count=PEER_COUNT)
    _tell(count, moved=moved, sent=sent, floor=floor, peer=peer)
    engine, texts = commits[Lane.BULK] / count, commits[Lane.DELIVERY] / (2 * count)
    tell(Metric("commits_per_enrollment", engine, "commits", target=f"<= {COMMITS:g}", ok=engine <= COMMITS))
    tell(Metric("commits_per_text_sent", texts, "commits"))


def memory(servers: Servers, *, count: int) -> None:
    """Print memory_worker_mb: a real worker of the bulk lane that has just moved `count` enrollments."""
    here = stage(servers, "memory")
    deps = here.deps()
    org = here.organisation(deps.db)
    with deps.db.begin(org=org) as session:
        seed.enrollments(session, count, wake_at=session.info["now"])
    with _bulk_workers(here, deps, 1) as pid:
        _await_none_due(here, deps)
        used = pss_mb(pid)
    tell(Metric("memory_worker_mb", used, "MB", target=f"<= {MEMORY_MB:g}", ok=used <= MEMORY_MB))
    deps.db.dispose()


def _tell(count: int, *, moved: float, sent: float, floor: float, peer: float) -> None:
    whole = count / (moved + sent)
    fine = whole >= PER_S and whole >= OF_THE_PEER * peer
    target = f">= {PER_S:g} and >= {OF_THE_PEER:g} x one job a patient"
    tell(Metric("floor_set_based_per_s", floor, "enrollments/s"))
    tell(Metric("cadence_enrollments_per_s", whole, "enrollments/s", "RQ, one job a patient", peer, target, fine))
    tell(Metric("cadence_engine_per_s", count / moved, "enrollments/s", "set-based UPDATE and INSERT of 500", floor))
    limit = ADVANCE_S * count / 100_000
    tell(Metric("cadence_advance_s", moved, "s", target=f"<= {limit:g} for {count} by two steps", ok=moved <= limit))
    tell(Metric("texts_sent_per_s", 2 * count / sent, "texts/s"))


def _due(deps: Deps, org: UUID, count: int, *, at: datetime) -> None:
    with deps.db.begin(org=org) as session:
        seed.enrollments(session, count, wake_at=at)


def _advance(here: Stage, deps: Deps, at: datetime) -> tuple[float, int]:
    """Two real workers of the bulk lane until nothing is due: seconds and commits."""
    with _bulk_workers(here, deps, WORKERS):
        before, began = _commits(here), time.perf_counter()
        set_business_time(here.database.owner_url, at)
        _await_none_due(here, deps)
        took = time.perf_counter() - began
        return took, _commits(here) - before


def _drain(here: Stage, deps: Deps, _: datetime) -> tuple[float, int]:
    """Answer the delivery lane's bell until nothing is due: seconds and commits."""
    before, begin = _commits(here), time.perf_counter()
    while deps.db.due_orgs(Lane.DELIVERY.value):
        jobs.attend(Lane.DELIVERY.value)
    took = time.perf_counter() - begin
    return took, _commits(here) - before


@contextmanager
def _bulk_workers(here: Stage, deps: Deps, count: int) -> Iterator[int]:
    """Workers of the bulk lane that listen; the id of the process that was started."""
    lanes = ",".join([Lane.BULK.value] * count)
    with running(["app.py", "worker", "--lanes", lanes], here.env()) as pid:
        until = time.monotonic() + WAIT_S
        while Worker.count(connection=deps.redis, queue=deps.bells.queue(Lane.BULK.value)) < count:
            if time.monotonic() > until:
                raise RuntimeError("the workers did not start")
            time.sleep(0.1)
        yield pid


def _commits(here: Stage) -> int:
    """Every commit so far on this database, read-only ones too, but for the asking."""
    time.sleep(1.5)  # a backend reports what it did at most once a second
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        link.execute("SELECT pg_stat_force_next_flush()")
        row = link.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def _sent(here: Stage, texts: int) -> None:
    with psycopg.connect(here.database.superuser_url) as link:
        row = link.execute(
            "SELECT (SELECT count(*) FROM messages WHERE state = 'accepted'), (SELECT count(*) FROM attempts WHERE state = 'accepted'),"
            " (SELECT count(*) FROM decisions WHERE verdict = 'sent')"
        ).fetchone()
    assert row is not None
    if tuple(row) != (texts, texts, texts):
        raise RuntimeError(f"{texts} texts were due; {row} accepted messages, attempts and ledger lines")


def _await_none_due(here: Stage, deps: Deps) -> None:
    """Ring as the clock does until no enrollment is due."""
    until = time.monotonic() + WAIT_S
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        while time.monotonic() < until:
            deps.bells.ring([Lane.BULK.value])
            row = link.execute("SELECT EXISTS (SELECT FROM enrollments WHERE wake_at <= careloop.now())").fetchone()
            if row is not None and not row[0]:
                return
            time.sleep(0.1)
    raise RuntimeError("the workers did not move every enrollment")
