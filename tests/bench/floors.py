"""Floors and peers of the same run: the bare edge, the edge with one commit, one RQ job a patient, and plain set-based SQL.

As a script it serves the edges: `python -m tests.bench.floors PORT DATABASE_URL`.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg
import uvicorn
from psycopg_pool import ConnectionPool
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.stage import SIGNING_SECRET

BATCH = 500
TABLES = """
CREATE TABLE bench_commits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
CREATE TABLE bench_enrollments (id bigint PRIMARY KEY, step int NOT NULL DEFAULT 0, wake_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bench_enrollments (wake_at);
CREATE TABLE bench_texts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, enrollment bigint NOT NULL, step int NOT NULL);
"""
STEP = """
WITH due AS (SELECT id FROM bench_enrollments WHERE step = %(step)s AND wake_at <= now() LIMIT %(batch)s FOR UPDATE SKIP LOCKED),
moved AS (UPDATE bench_enrollments e SET step = e.step + 1 FROM due WHERE e.id = due.id RETURNING e.id, e.step)
INSERT INTO bench_texts (enrollment, step) SELECT id, step FROM moved
"""
ONE = """
WITH moved AS (UPDATE bench_enrollments SET step = step + 1 WHERE id = %(id)s RETURNING id, step)
INSERT INTO bench_texts (enrollment, step) SELECT id, step FROM moved
"""


def prepare(owner_url: str, *, enrollments: int = 0) -> None:
    """The floors' own tables beside Careloop's, filled."""
    with psycopg.connect(owner_url) as link:
        link.execute("DROP TABLE IF EXISTS bench_commits, bench_enrollments, bench_texts")
        link.execute(TABLES)
        link.execute("INSERT INTO bench_enrollments (id) SELECT generate_series(1, %s)", [enrollments])


def set_based(owner_url: str, *, count: int) -> float:
    """Enrollments a second through two steps of one UPDATE and INSERT for each 500: what the machine allows."""
    begin = time.perf_counter()
    with psycopg.connect(owner_url) as link:
        for step in (0, 1):
            for _ in range(0, count, BATCH):
                link.execute(STEP, {"step": step, "batch": BATCH})
                link.commit()
    return count / (time.perf_counter() - begin)


_links: list[psycopg.Connection[Any]] = []


def one_patient(enrollment: int) -> None:
    """The RQ job: one transaction for one patient."""
    with _links[0].transaction():
        _links[0].execute(ONE, {"id": enrollment})


def job_each(owner_url: str, redis_url: str, *, count: int) -> float:
    """Enrollments a second through two steps with one RQ job a patient and step, on one SimpleWorker."""
    with psycopg.connect(owner_url, autocommit=True) as link, Redis.from_url(redis_url) as redis:
        _links[:] = [link]
        queue = Queue("bench", connection=redis, serializer=JSONSerializer)
        worker = SimpleWorker([queue], connection=redis, serializer=JSONSerializer)
        begin = time.perf_counter()
        for _ in range(2):
            jobs = [Queue.prepare_data(one_patient, args=(n,), result_ttl=0) for n in range(1, count + 1)]
            queue.enqueue_many(jobs)
            worker.work(burst=True, logging_level="ERROR")
        return count / (time.perf_counter() - begin)


def edges(owner_url: str) -> Starlette:
    """`/plain`: nothing but the thread pool. `/commit`: one INSERT. `/bolt`: Bolt's signature check and dispatch, then one INSERT."""
    pool = ConnectionPool(owner_url, min_size=10, max_size=20, open=True)

    def insert(body: str) -> None:
        with pool.connection() as link:
            link.execute("INSERT INTO bench_commits (body) VALUES (%s)", [body])

    bolt = _bolt(insert)

    def dispatch(body: str, headers: dict[str, str]) -> None:
        answer = bolt.dispatch(BoltRequest(body=body, headers=headers))  # type: ignore[arg-type]
        if answer.status != 200:
            raise RuntimeError(f"Bolt answered {answer.status}")

    async def plain(request: Request) -> Response:
        await run_in_threadpool(len, await request.body())
        return Response(b"")

    async def commit(request: Request) -> Response:
        await run_in_threadpool(insert, (await request.body()).decode())
        return Response(b"")

    async def through_bolt(request: Request) -> Response:
        await run_in_threadpool(dispatch, (await request.body()).decode(), dict(request.headers.items()))
        return Response(b"")

    async def health(_: Request) -> Response:
        return Response(b"")

    ways = {"/plain": plain, "/commit": commit, "/bolt": through_bolt}
    return Starlette(
        routes=[Route("/health", health), *(Route(path, way, methods=["POST"]) for path, way in ways.items())]
    )


def _bolt(insert: Callable[[str], None]) -> App:
    found = AuthorizeResult(enterprise_id=None, team_id="T", bot_token="xoxb-bench", bot_id="B", bot_user_id="U")
    app = App(
        signing_secret=SIGNING_SECRET,
        process_before_response=True,
        token_verification_enabled=False,
        authorize=lambda: found,
    )

    def claim(ack: Any, body: dict[str, Any]) -> None:
        insert(str(body["actions"][0]["value"]))
        ack()

    app.action("case.claim")(claim)
    return app


if __name__ == "__main__":
    uvicorn.run(
        edges(os.environ["FLOOR_URL"]), host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error"
    )
