"""The worklist with ten thousand open cases: the Home's views and the page's list, milliseconds and queries."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from sandbox.servers import Servers
from tests import factories
from tests.bench import seed
from tests.bench.report import Metric, tell
from tests.bench.stage import AGENT, stage
from workflows import desk, staff, worklist

CASES = 10_000
TARGET_MS, QUERIES = 300.0, 3
TIMES = 20


def run(servers: Servers) -> None:
    """Print worklist_page_ms and home_ms, each the slowest of twenty over first and last pages, with their queries."""
    here = stage(servers, "worklist")
    deps = here.deps()
    org = here.organisation(deps.db)
    with deps.db.begin(org=org) as session:
        seed.cases(session, CASES)
    with deps.db.begin(org=org) as session:
        who = staff.of_slack(session, factories.WORKSPACE, AGENT)
        _tell("worklist_page", session, lambda page: worklist.load(session, who, shown=worklist.Shown(1 + page * 199)))
        _tell("home", session, lambda page: desk.load(session, who, view=desk.View.UNCLAIMED, page=page * 999))
    deps.db.dispose()


def _tell(name: str, session: Session, ask: Callable[[int], Any]) -> None:
    counted = 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    event.listen(Engine, "before_cursor_execute", count)
    took = []
    for turn in range(TIMES):
        begin = time.perf_counter()
        ask(turn % 2)
        took.append((time.perf_counter() - begin) * 1000)
        session.expire_all()
    event.remove(Engine, "before_cursor_execute", count)
    queries = counted / TIMES
    tell(Metric(f"{name}_ms", max(took), "ms", target=f"<= {TARGET_MS:g}", ok=max(took) <= TARGET_MS))
    tell(Metric(f"{name}_queries", queries, "queries", target=f"<= {QUERIES}", ok=queries <= QUERIES))
