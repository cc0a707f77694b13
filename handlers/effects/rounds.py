"""The daily round of a standing program: evaluated once, then each patient entered in a transaction of their own."""

from uuid import UUID

from core import log
from handlers.deps import Deps
from storage.outbox import Leased
from workflows.admission import STARTS
from workflows.cohorts import standing


def go(deps: Deps, org: UUID, row: Leased) -> None:
    """Enter whom the program newly takes, until the day's number is reached or its pilot gives out no more runs."""
    with deps.db.begin(org=org) as session:
        waiting = standing.due(session, row.key)
    started = 0
    for heard in waiting[: standing.MOST_TRIES]:
        with deps.db.begin(org=org) as session:
            verdict = standing.enter(session, heard)
        started += verdict in STARTS
        if started >= standing.MOST_A_DAY or verdict == "pilot_locked":
            break
    log.get().info("cohort.round", program=row.key, count=started, rows=len(waiting))
