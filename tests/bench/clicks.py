"""Claims by button: 200 a second as Slack signs them, then as many as one web process takes."""

import hashlib
import hmac
import json
import time
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from core.ids import show
from sandbox.servers import Servers
from tests import factories
from tests.bench import floors, load, seed
from tests.bench.report import Metric, log, percentile, tell
from tests.bench.stage import AGENT, SIGNING_SECRET, Stage, running, stage

RATE = 200.0
P99_MS = 15.0
SATURATION = 300.0
OF_THE_EDGE = 0.6
WARM = 200
MEMORY_MB = 150.0
PADDING = 2400  # a card's click is about 3.4 kB


def run(servers: Servers, *, seconds: float) -> None:
    """Print click_to_ack_p99, click_saturation_per_s with their floors, and memory_web_mb."""
    here = stage(servers, "clicks")
    fixed, flood = int(RATE * seconds), int(RATE * seconds)
    ids = _cases(here, WARM + fixed + flood)
    with web(here) as pid, load.answers_taken() as answers:
        shot, flooded = _both(here.port, "/slack/events", ids, fixed=fixed, answers=answers)
        memory = pss_mb(pid)
    _claimed(here, len(ids))
    floors.prepare(here.database.owner_url)
    with running(
        ["-m", "tests.bench.floors", str(here.port)],
        here.env() | {"FLOOR_URL": here.database.owner_url},
        ready=f"http://127.0.0.1:{here.port}/health",
    ):
        floor = {path: _both(here.port, path, ids, fixed=fixed) for path in ("/plain", "/commit", "/bolt")}
    _tell(shot, flooded, floor)
    tell(Metric("memory_web_mb", memory, "MB", target=f"<= {MEMORY_MB:g}", ok=memory <= MEMORY_MB))


def _tell(shot: load.Shot, flooded: load.Shot, floor: dict[str, tuple[load.Shot, load.Shot]]) -> None:
    for path, (at_rate, at_most) in floor.items():
        name = path.strip("/")
        tell(Metric(f"floor_{name}_p99", percentile(at_rate.ms, 0.99), "ms"))
        tell(Metric(f"floor_{name}_saturation_per_s", len(at_most.ms) / at_most.took_s, "requests/s"))
    p99, bare = percentile(shot.ms, 0.99), percentile(floor["/bolt"][0].ms, 0.99)
    log(f"click p50 {percentile(shot.ms, 0.5):.1f} ms, p90 {percentile(shot.ms, 0.9):.1f} ms")
    tell(
        Metric(
            "click_to_ack_p99", p99, "ms", "Bolt and one commit, same rate", bare, f"<= {P99_MS:g}",
            p99 <= P99_MS and not shot.bad,
        )
    )  # fmt: skip
    rate = len(flooded.ms) / flooded.took_s
    edge = len(floor["/bolt"][1].ms) / floor["/bolt"][1].took_s
    fine = rate >= SATURATION and rate >= OF_THE_EDGE * edge and not flooded.bad
    tell(
        Metric(
            "click_saturation_per_s", rate, "clicks/s", "Bolt and one commit", edge,
            f">= {SATURATION:g} and >= {OF_THE_EDGE:g} of the one-commit edge", fine,
        )
    )  # fmt: skip


def _both(port: int, path: str, ids: list[UUID], *, fixed: int, answers: int = 0) -> tuple[load.Shot, load.Shot]:
    requests = [click(path, value, answers=answers) for value in ids]
    load.fire(load.Order(port, requests[:WARM], rate=100))
    shot = load.fire(load.Order(port, requests[WARM : WARM + fixed], rate=RATE))
    flooded = load.fire(load.Order(port, requests[WARM + fixed :], rate=0))
    log(f"{path}: {shot.bad + flooded.bad} of {len(shot.ms) + len(flooded.ms)} not acknowledged")
    return shot, flooded


def click(path: str, case_id: UUID, *, answers: int = 0) -> bytes:
    """One whole request: the Claim button of a card, signed now; what its presser is told goes to the port `answers`."""
    name = show("cas", case_id)
    action = {"action_id": "case.claim", "block_id": "b", "type": "button", "value": name, "action_ts": "1"}
    said = {
        "type": "block_actions",
        "team": {"id": factories.WORKSPACE, "domain": "clinic"},
        "user": {"id": AGENT, "username": "dana", "name": "dana", "team_id": factories.WORKSPACE},
        "api_app_id": "A0",
        "trigger_id": f"{case_id}",
        "response_url": f"http://127.0.0.1:{answers}/actions/{case_id}",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C0", "is_ephemeral": False},
        "channel": {"id": "C0", "name": "privategroup"},
        "message": {
            "type": "message",
            "ts": "1.1",
            "text": "A card",
            "blocks": [{"type": "section", "x": "." * PADDING}],
        },
        "actions": [action],
    }
    body = urlencode({"payload": json.dumps(said)}).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(SIGNING_SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    head = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    return whole(path, head, body)


def whole(path: str, head: dict[str, str], body: bytes) -> bytes:
    """An HTTP/1.1 POST as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *(f"{k}: {v}" for k, v in head.items()), "", ""]).encode() + body


def pss_mb(pid: int) -> float:
    """Proportional memory of one process: shared pages count by their share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def web(here: Stage) -> AbstractContextManager[int]:
    """The real web process on this stage; its process id."""
    return running(["app.py", "web"], here.env(), ready=f"http://127.0.0.1:{here.port}/ready")


def _cases(here: Stage, count: int) -> list[UUID]:
    db = here.deps().db
    org = here.organisation(db)
    with db.begin(org=org) as session:
        made = seed.cases(session, count)
    db.dispose()
    return made


def _claimed(here: Stage, count: int) -> None:
    """The acks were true: every case has its owner, its audit row and its promises."""
    with psycopg.connect(here.database.superuser_url) as link:
        row = link.execute(
            "SELECT (SELECT count(*) FROM cases WHERE state = 'claimed'), (SELECT count(*) FROM audit WHERE action = 'case.claimed'),"
            " (SELECT count(*) FROM outbox)"
        ).fetchone()
    assert row is not None
    if tuple(row) != (count, count, 2 * count):
        raise RuntimeError(f"{count} clicks left {row} claims, audit rows and promises")
