"""Two steps of a program for thousands: timers, engine, encryption, ledger, consent, windows, claim, attempt, settle."""

import time
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

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
MEMORY_MB = 200.0
WAIT_S = 120.0


def run(servers: Servers, *, count: int) -> None:
    """Print cadence_enrollments_per_s, commits_per_enrollment, their parts, the floor and the peer."""
    here = stage(servers, "cadence")
    deps = here.deps()
    use(deps)
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    org = here.organisation(deps.db)
    _due(deps, org, count, at=factories.MONDAY_NOON)
    moved, sent, commits = 0.0, 0.0, {Lane.BULK: 0, Lane.DELIVERY: 0}
    for at in (factories.MONDAY_NOON, factories.MONDAY_NOON + THIRD):
        set_business_time(here.database.owner_url, at)
        for lane in (Lane.BULK, Lane.DELIVERY):
            took, made = _drain(here, deps, lane)
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
    """Print memory_worker_mb: a real worker of the bulk lane that has just moved `count` enrollments; and of the idle whole."""
    here = stage(servers, "memory")
    deps = here.deps()
    org = here.organisation(deps.db)
    with deps.db.begin(org=org) as session:
        seed.enrollments(session, count, wake_at=session.info["now"])
    with running(["app.py", "worker", "--lanes", "bulk"], here.env()) as pid:
        _await_none_due(here)
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
    tell(Metric("texts_sent_per_s", 2 * count / sent, "texts/s"))


def _due(deps: Deps, org: UUID, count: int, *, at: datetime) -> None:
    with deps.db.begin(org=org) as session:
        seed.enrollments(session, count, wake_at=at)


def _drain(here: Stage, deps: Deps, lane: Lane) -> tuple[float, int]:
    """Answer the lane's bell until nothing is due: seconds and commits."""
    before, begin = _commits(here), time.perf_counter()
    while deps.db.due_orgs(lane.value):
        jobs.attend(lane.value)
    took = time.perf_counter() - begin
    return took, _commits(here) - before


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


def _await_none_due(here: Stage) -> None:
    until = time.monotonic() + WAIT_S
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        while time.monotonic() < until:
            row = link.execute("SELECT count(*) FROM enrollments WHERE wake_at <= now()").fetchone()
            if row is not None and row[0] == 0:
                return
            time.sleep(0.2)
    raise RuntimeError("the worker did not move every enrollment")
