"""Run as a module: starts Careloop's real processes by fork, in milliseconds, and reports how each one ended.

Orders come as JSON lines on standard input, answers leave on standard output; standard error is the children's log.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

from redis import Redis

import app
from core import log
from core.crypto import KeyRing
from handlers import bells, http, processes
from handlers.deps import Deps
from handlers.pacer import Pacer
from storage.outbox import Lane
from tests.journey.chaos import planted
from tests.journey.chaos.boundaries import Fate, MortalDatabase, MortalVendors
from tests.journey.chaos.orders import Order
from workflows.sending import Patience

assert http  # imported here once, so that a forked web has it


def compose(order: Order) -> Deps:
    """What `app.compose` makes, but with a fate and less patience."""
    found = app.settings("DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "PUBLIC_BASE_URL", "SLACK_API_BASE_URL")
    log.configure(f"{order.role}.{order.lane}", level=found.log_level)
    fate = Fate(order.die_at, Path(order.journal))
    redis = Redis.from_url(found.secret("REDIS_URL"), socket_timeout=20, socket_connect_timeout=2)
    doorbells = planted.Bells(redis) if order.send_then_record else bells.Bells(redis)
    keys = KeyRing.parse(found.secret("SECRET_KEYS"))
    db = MortalDatabase(found.secret("DATABASE_URL"), keys, after_commit=doorbells.ring, fate=fate)
    return Deps(
        settings=found,
        db=db,
        redis=redis,
        bells=doorbells,
        pacer=Pacer(redis, segments_per_second=found.twilio_segments_per_second),
        vendors=MortalVendors(db, found, fate),
        patience=Patience(order.lease_s, tuple(order.looks_s), effect_lease_s=order.lease_s),
    )


def live(order: Order) -> None:
    """Be that process until it is told to stop, or killed."""
    deps = compose(order)
    if order.role == "web":
        processes.web(deps)
    elif order.role == "clock":
        processes.tick_forever(deps)
    else:
        processes.work_one(deps, Lane(order.lane))


def _answer(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def _fork(order: Order) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        live(order)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stderr.flush()
        os._exit(0)  # the nursery's own loop is not the child's


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _answer(ended=pid, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def main() -> None:
    """Obey until standard input closes; children that are left are killed then."""
    told, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    children: set[int] = set()
    _answer(ready=True)
    while True:
        waiting, _, _ = select.select([0, told], [], [])
        if told in waiting:
            os.read(told, 4096)
            _reap()
        if 0 in waiting:
            line = _line()
            if not line:
                break
            pid = _fork(Order(**json.loads(line)))
            children.add(pid)
            _answer(started=pid)
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _line() -> bytes:
    """One line from standard input, unbuffered, so that `select` sees the rest."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


if __name__ == "__main__":
    main()
