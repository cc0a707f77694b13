"""The desk with ten thousand open cases of several programs, runs beside them: Home's views, the page's lists, the search by name."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from sandbox.servers import Servers
from storage.db import Database, now
from tests import factories
from tests.bench import seed
from tests.bench.report import Metric, tell
from tests.bench.stage import AGENT, stage
from workflows import desk, lenses, staff
from workflows.desk import View
from workflows.staff import Who

CASES, RUNS = 10_000, 20_000
LISTS = (
    ("worklist_page", View.OPEN, 50, 199),
    ("worklist_running", View.RUNNING, 50, 199),
    ("worklist_programs", View.PROGRAMS, 50, 0),
    ("home_unclaimed", View.UNCLAIMED, 10, 499),
    ("home_mine", View.MINE, 10, 499),
    ("home_running", View.RUNNING, 10, 999),
    ("home_promises", View.PROMISES, 10, 0),
)
TARGET_MS, QUERIES = 300.0, 3
TIMES = 20


def run(servers: Servers) -> None:
    """Print the milliseconds of page, Home and search, each the slowest of twenty over first and last pages, with their queries."""
    here = stage(servers, "worklist")
    deps = here.deps()
    org = here.organisation(deps.db)
    with deps.db.begin(org=org) as session:
        who = staff.of_slack(session, factories.WORKSPACE, AGENT)
        seed.mixed_desk(session, CASES, runs=RUNS, owner=who.id)
    with psycopg.connect(
        here.database.superuser_url, autocommit=True
    ) as link:  # as the server's own upkeep would have done by then
        link.execute("ANALYZE")
    for listed in LISTS:
        _tell(deps.db, org, listed[0], _list(who, *listed[1:]))
    with deps.db.begin(org=org) as session:
        lenses.narrow(session, who, state="replied", kind="call_task")
    _tell(deps.db, org, "page_narrowed", lambda session, _: desk.load(session, who, view=desk.View.OPEN, size=50))
    deps.db.dispose()


def _list(who: Who, view: View, size: int, last: int) -> Callable[[Session, int], Any]:
    return lambda session, page: desk.load(session, who, view=view, page=page * last, size=size)


def _tell(db: Database, org: UUID, name: str, ask: Callable[[Session, int], Any]) -> None:
    counted = 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    took = []
    for turn in range(TIMES):
        with db.begin(org=org) as session:
            now(session)
            event.listen(Engine, "before_cursor_execute", count)
            begin = time.perf_counter()
            ask(session, turn % 2)
            took.append((time.perf_counter() - begin) * 1000)
            event.remove(Engine, "before_cursor_execute", count)
    queries = counted / TIMES
    tell(Metric(f"{name}_ms", max(took), "ms", target=f"<= {TARGET_MS:g}", ok=max(took) <= TARGET_MS))
    tell(Metric(f"{name}_queries", queries, "queries", target=f"<= {QUERIES}", ok=queries <= QUERIES))
