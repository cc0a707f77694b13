"""The nightly count that figures are made of."""

from uuid import UUID

from core import clock, log
from core.errors import Temporary
from handlers.deps import Deps
from storage.outbox import Leased
from workflows.kpis import engine, rounds

HELD_S = 2.0


def refresh(deps: Deps, org: UUID, row: Leased) -> None:
    """Bring the counts up to what the rows say now, one part of it; the next part is promised with it.

    Killed or done twice, nothing is counted twice: a part commits whole, and says from where to go on.
    """
    began = clock.monotonic()
    try:
        with deps.db.begin(org=org) as session:
            more = engine.go_on(session, tried=row.attempts)
            if more:
                rounds.ask(session)
    except Temporary:  # somebody else is at it: no reason to try this part with less
        with deps.db.begin(org=org) as session:
            rounds.ask(session, delay_s=HELD_S)
        return
    state, wait_s = "more" if more else "done", round(clock.monotonic() - began, 1)
    log.get().info("kpis.refreshed", outbox=row.id, state=state, wait_s=wait_s)
