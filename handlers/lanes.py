"""The worker of all lanes: one child process a lane, each forked from this one, which imported everything once."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from core import clock, log
from core.stopping import ENDING, Stop
from handlers.deps import Deps, use
from storage.outbox import Lane
from workflows import understanding, windows
from workflows.places import Where

RESTART_AFTER_S = 1.0
PARENT_S = 1.0
MAINTENANCE_S = 30
# New objects until the collector looks: a batch's come and go whole, and looking for rings among them took a fifth of the time.
GARBAGE_EVERY = 50_000
SENDING = frozenset({Lane.SAFETY, Lane.REPLIES, Lane.DELIVERY, Lane.BULK})
Compose = Callable[[str], Deps]

# Linux alone: on macOS the system's own libraries do not survive a fork, so there a lane starts from nothing.
START = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")


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
        warm_windows()
    settle_heap()
    log.get().info("worker.started", lane=lane.value, pid=os.getpid())
    deps.bells.ring([lane.value])  # whatever became due while nobody listened
    worker.work(logging_level="WARNING", with_scheduler=False)


def settle_heap() -> None:
    """What was loaded at the start stays: the collector never looks at it again, and less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, 20, 20)


def work_all(lanes: list[Lane], compose: Compose) -> None:
    """Keep a child running for each lane named (two for one named twice) until stopped; whichever dies is started again, alone.

    They share what was loaded, no connection.
    """
    stop = Stop()
    _load()
    gc.freeze()  # a collection in a child would copy what they share
    children = [(lane, _start(lane, compose)) for lane in lanes]
    while not stop.within(RESTART_AFTER_S):
        for place, (lane, child) in enumerate(children):
            if not child.is_alive() and not stop.asked:
                log.get().error("worker.died", lane=lane.value, exit=child.exitcode)
                children[place] = (lane, _start(lane, compose))
    for _, child in children:
        child.terminate()
    for _, child in children:
        child.join()


def warm() -> None:
    """Load what the first text and the first reply would wait for."""
    warm_windows()
    understanding.read("warm", context=None, ref=clock.machine().replace(tzinfo=None))


def warm_windows() -> None:
    """Load the tables of ZIP codes and numbers, which the first text would wait for."""
    windows.check(
        Where(stated_zone=None, zip="60614", state=None, site_zone=None, number="+13125550100"), clock.machine()
    )


def _load() -> None:
    """What a lane would load only once it has something to do."""
    from handlers import jobs  # noqa: F401 - RQ finds its jobs by name

    warm()


def _start(lane: Lane, compose: Compose) -> BaseProcess:
    """Start a lane that hears an ending from its first moment: what is sent before it listens waits."""
    child = START.Process(target=_live, args=(lane, compose), name=lane.value, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        child.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child


def _live(lane: Lane, compose: Compose) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)  # until RQ listens: a fork brings its parent's handlers along
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    work_one(compose(f"worker.{lane.value}"), lane)


def _end_with_parent(parent: int) -> None:
    """A lane whose supervisor was killed must not live on beside the next one's."""
    while os.getppid() == parent:
        clock.pause(PARENT_S)
    os.kill(os.getpid(), signal.SIGTERM)
