"""`app.py worker` of several lanes: each a process of its own, which may die alone and ends with the others."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rq
from redis import Redis
from rq.serializers import JSONSerializer

from storage.outbox import Lane
from tests.databases import ROOT, Bells, Database
from tests.factories import SECRET_KEYS
from tests.server_host import alive
from tests.theatre import wait_until

pytestmark = pytest.mark.processes


@dataclass
class Worker:
    """A running `app.py worker`, and what it logs."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What it said of this event so far; a line that is being written counts once it is whole."""
        said = [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("}\n")]
        return [line for line in said if line["event"] == event]

    def lanes(self, lane: str) -> list[int]:
        """The processes that were started for a lane, the newest last."""
        return [line["pid"] for line in self.lines("worker.started") if line["lane"] == lane]


@pytest.fixture
def worker(clean_database: Database, valkey: Bells, tmp_path: Path) -> Iterator[Worker]:
    """Serving two lanes, one of them twice."""
    valkey.flush()
    told = {
        "DATABASE_URL": clean_database.app_url,
        "REDIS_URL": valkey.url,
        "SECRET_KEYS": SECRET_KEYS,
        "PUBLIC_BASE_URL": "https://careloop.example",
        "SLACK_API_BASE_URL": "http://127.0.0.1:9/",
        "CARELOOP_DEMO": "true",
        "PYTHONUNBUFFERED": "1",
    }
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        command = [sys.executable, str(ROOT / "app.py"), "worker", "--lanes", "safety,bulk,bulk"]
        process = subprocess.Popen(command, env={"PATH": os.environ["PATH"]} | told, stdout=out, stderr=out, cwd=ROOT)
    made = Worker(process, log)
    try:
        wait_until(lambda: len(made.lanes("bulk")) == 2 and made.lanes("safety"), within_s=60, what="three workers")
        yield made
    finally:
        process.terminate()
        process.wait(30)
        valkey.flush()  # a bell that the killed lane did not answer


def listening(redis: "Redis") -> int:
    """How many workers wait for a bell: from before that on they take their leave when they are asked to end."""
    workers = rq.Worker.all(connection=redis, serializer=JSONSerializer)
    return sum(one.get_state() == "idle" for one in workers)


def test_a_lane_that_dies_is_started_again_alone(worker: Worker) -> None:
    killed, other = worker.lanes("bulk")

    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(worker.lanes("bulk")) == 3, what="another bulk lane")

    [died] = worker.lines("worker.died")
    assert (died["lane"], died["exit"]) == ("bulk", -signal.SIGKILL)
    [safety] = worker.lanes("safety")
    assert alive(safety)
    assert alive(other)


def test_asked_to_end_it_ends_with_all_its_lanes(worker: Worker, valkey: Bells) -> None:
    with Redis.from_url(valkey.url) as redis:
        wait_until(lambda: listening(redis) == 3, what="three workers that listen")

    worker.process.terminate()

    assert worker.process.wait(20) == 0
    assert not any(alive(pid) for pid in [*worker.lanes("safety"), *worker.lanes("bulk")])
    with Redis.from_url(valkey.url) as redis:  # they took their leave: nobody was killed
        assert redis.scard("rq:workers") == 0


def test_every_lane_there_is_can_be_asked_for() -> None:
    import app

    assert set(app.LANES) == {lane.value for lane in Lane}
