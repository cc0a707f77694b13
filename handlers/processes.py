"""The long-running processes: web, worker (one child a lane), clock. Each ends on SIGTERM after what it is doing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from uuid import UUID

import uvicorn
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from core import clock, log
from handlers.deps import Deps, use
from storage import audit, feeds, outbox
from storage.outbox import Lane, Topic
from workflows import plans, proxies, state_rules, tcm, understanding, windows
from workflows.campaigns import watching
from workflows.cohorts import standing
from workflows.forms import missing
from workflows.places import Where

TICK_S = 1.0
SEAL_EVERY_S = 10.0
POLLED = ("Patient", "Appointment", "Slot", "Encounter", "Condition", "Observation", "Procedure")
RESTART_AFTER_S = 1.0
MAINTENANCE_S = 30
SENDING = frozenset({Lane.SAFETY, Lane.REPLIES, Lane.DELIVERY, Lane.BULK})


class Stop:
    """Set by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def web(deps: Deps) -> None:
    """Serve webhooks and pages until stopped."""
    from handlers import http  # the web alone needs it: a worker starts without Bolt and FastAPI

    _warm_windows()
    understanding.read("warm", context=None, ref=clock.machine().replace(tzinfo=None))
    log.get().info("web.started", port=deps.settings.port)
    uvicorn.run(
        http.build(deps),
        host=deps.settings.host,
        port=deps.settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def work_one(deps: Deps, lane: Lane) -> None:
    """One lane's worker in this process: no fork per job, JSON only, one queue, so that no job is lost between two."""
    use(deps)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    worker = SimpleWorker(
        [deps.bells.queue(lane.value)],
        connection=deps.redis,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_S,
    )
    if lane in SENDING:
        _warm_windows()
    log.get().info("worker.started", lane=lane.value)
    deps.bells.ring([lane.value])  # whatever became due while nobody listened
    worker.work(logging_level="WARNING", with_scheduler=False)


def work_lanes(lanes: list[Lane]) -> None:
    """One child process a lane, restarted when it dies."""
    stop = Stop()
    app = Path(sys.modules["__main__"].__file__ or "app.py").resolve()
    children = {lane: _spawn(app, lane) for lane in lanes}
    while not stop.asked:
        clock.pause(RESTART_AFTER_S)
        for lane, child in list(children.items()):
            if child.poll() is not None and not stop.asked:
                log.get().error("worker.died", lane=lane.value, exit=child.returncode)
                children[lane] = _spawn(app, lane)
    for child in children.values():
        child.terminate()
    for child in children.values():
        child.wait()


def tick_forever(deps: Deps) -> None:
    """The clock: rings lanes with due rows each second, seals the audit, asks for EHR polls. Two of them are harmless."""
    stop = Stop()
    sealed = 0.0
    log.get().info("clock.started")
    log.get().warning("rules.to_confirm", count=len(state_rules.to_confirm()))
    while not stop.asked:
        try:
            tick(deps)
            if clock.monotonic() - sealed >= SEAL_EVERY_S:
                seal(deps)
                sealed = clock.monotonic()
        except (SQLAlchemyError, RedisError) as error:
            log.get().error("clock.missed", error=type(error).__name__)
        clock.pause(TICK_S)


def tick(deps: Deps) -> None:
    """One second's work: promise polls that are due, look after campaigns and contact clocks, then ring every lane with something due."""
    for org in deps.db.orgs():
        _promise(deps, org)
        _campaigns(deps, org)
        with deps.db.begin(org=org) as session:
            tcm.warn(session)
    deps.bells.ring(deps.db.due_lanes())


def seal(deps: Deps) -> None:
    """Chain each organisation's newest audit rows; and whoever turned 18 today is no child any more."""
    for org in deps.db.orgs():
        with deps.db.begin(org=org) as session:
            audit.seal(session)
            proxies.come_of_age(session)


def _warm_windows() -> None:
    """Load the table of ZIP codes, which the first text would wait a second for."""
    windows.check(
        Where(stated_zone=None, zip="60614", state=None, site_zone=None, number="+13125550100"), clock.machine()
    )


def _end_with_parent(parent: int) -> None:
    """A lane whose supervisor was killed must not live on beside the next one's."""
    while os.getppid() == parent:
        clock.pause(TICK_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _promise(deps: Deps, org: UUID) -> None:
    with deps.db.begin(org=org) as session:
        for kind in feeds.due(session, POLLED, every_s=deps.settings.ehr_poll_s):
            outbox.put(session, Topic.EHR_POLL, kind, lane=Lane.REPLIES)
        standing.promise(session)
        missing.promise(session)
        plans.promise(session)


def _campaigns(deps: Deps, org: UUID) -> None:
    """Look at those whose minute has come: one that goes wrong is paused, one that is through is over."""
    with deps.db.begin(org=org) as session:
        found = watching.due(session)
    for campaign_id in found:
        with deps.db.begin(org=org) as session:
            watching.tend(session, campaign_id)


def _spawn(app: Path, lane: Lane) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own program with a lane's name
        [sys.executable, str(app), "worker", "--lanes", lane.value]
    )
