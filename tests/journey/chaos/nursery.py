"""Run as a module: starts Careloop's real processes by fork, in milliseconds, and reports how each one ended.

Orders come as JSON lines on standard input, answers leave on standard output. What a process needs is imported here, once.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

from redis import Redis
from twilio.rest.api.v2010.account import message  # type: ignore[import-untyped]  # no py.typed

import app
from core import log
from core.crypto import KeyRing
from handlers import bells, http, jobs, lanes, processes
from handlers.deps import Deps
from handlers.pacer import Pacer
from storage.outbox import Lane
from tests.factories import MONDAY_NOON, ZONE
from tests.journey.chaos import planted
from tests.journey.chaos.boundaries import Fate, MortalDatabase, MortalVendors
from tests.journey.chaos.orders import Order
from workflows import understanding, windows
from workflows.places import Where
from workflows.sending import Patience

FORKED_WITH = (http, jobs, message)
HERE = Where(stated_zone=None, zip="60601", state="IL", site_zone=ZONE, number="+13125550100")


def compose(order: Order) -> Deps:
    """What `app.compose` makes, but with a fate and less patience."""
    found = app.settings("DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "PUBLIC_BASE_URL", "SLACK_API_BASE_URL")
    log.configure(f"{order.role}.{order.lane}", level=found.log_level)
    fate = Fate(order.die_at, Path(order.journal))
    redis = Redis.from_url(found.secret("REDIS_URL"), socket_timeout=20, socket_connect_timeout=2)
    doorbells = planted.Bells(redis) if order.send_then_record else bells.Bells(redis)
    keys = KeyRing.parse(found.secret("SECRET_KEYS"))
    db = MortalDatabase(
        found.secret("DATABASE_URL"), keys, after_commit=doorbells.ring, origin=found.public_origin, fate=fate
    )
    return Deps(
        settings=found,
        db=db,
        redis=redis,
        bells=doorbells,
        pacer=Pacer(redis, segments_per_second=found.twilio_segments_per_second, posts_per_second=1e6),
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
        lanes.work_one(deps, Lane(order.lane))


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
    log_file = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    os.environ.update(order.env)
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
    windows.check(HERE, MONDAY_NOON)  # the tables that every worker would load for a second
    understanding.read("warm", context=None, ref=MONDAY_NOON.replace(tzinfo=None))
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
