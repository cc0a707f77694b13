"""A campaign's patients follow its state, a chunk a transaction; whoever dies in between, the next one goes on."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from core import clock, log
from core.errors import Temporary
from handlers.deps import Deps
from storage.outbox import Leased
from workflows import campaigns

WORK_S = 15.0  # well within the promise's lease; then it is renewed, and the lane's other work gets its turn
AT_ONCE = 2  # chunks enrolled at the same time


def work(deps: Deps, org: UUID, row: Leased) -> None:
    """Count, launch, pause, resume or stop: whatever the campaign's state asks of its rows."""
    campaign_id, until = UUID(row.key), clock.monotonic() + WORK_S
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="launch") as pool:
        while True:
            with deps.db.begin(org=org) as session:
                more = campaigns.follow(session, campaign_id)
            if not more:
                log.get().info("campaign.followed")
                return
            if clock.monotonic() > until:
                raise Temporary("more patients follow", retry_after_s=0)
            for one in [pool.submit(_launch, deps, org, campaign_id, until) for _ in range(AT_ONCE)]:
                one.result()


def _launch(deps: Deps, org: UUID, campaign_id: UUID, until: float) -> None:
    """Enrol chunks until nobody is left to take."""
    while clock.monotonic() < until:
        with deps.db.begin(org=org) as session:
            if not campaigns.launch(session, campaign_id):
                return
