"""A campaign's patients follow its state, a chunk a transaction; whoever dies in between, the next one goes on."""

from uuid import UUID

from core import clock, log
from core.errors import Temporary
from handlers.deps import Deps
from storage.outbox import Leased
from workflows import campaigns

WORK_S = 15.0  # well within the promise's lease; then it is renewed, and the lane's other work gets its turn


def work(deps: Deps, org: UUID, row: Leased) -> None:
    """Count, launch, pause, resume or stop: whatever the campaign's state asks of its rows."""
    until = clock.monotonic() + WORK_S
    chunks = 1
    while True:
        with deps.db.begin(org=org) as session:
            more = campaigns.follow(session, UUID(row.key))
        if not more:
            log.get().info("campaign.followed", count=chunks)
            return
        if clock.monotonic() > until:
            raise Temporary("more patients follow", retry_after_s=0)
        chunks += 1
