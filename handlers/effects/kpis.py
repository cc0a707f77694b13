"""The nightly count that figures are made of."""

from uuid import UUID

from core import clock, log
from handlers.deps import Deps
from storage.outbox import Leased
from workflows.kpis import engine


def refresh(deps: Deps, org: UUID, row: Leased) -> None:
    """Bring the counts up to what the rows say now; done twice, the second finds nothing new."""
    began = clock.monotonic()
    with deps.db.begin(org=org) as session:
        engine.refresh(session)
    log.get().info("kpis.refreshed", outbox=row.id, wait_s=round(clock.monotonic() - began, 1))
