"""A campaign over a large cohort: counting who may be contacted, and enrolling everybody in one resumable call."""

import resource
import time
from datetime import timedelta
from uuid import UUID

import psycopg

from core.errors import Temporary
from handlers.deps import Deps, use
from handlers.effects import campaigns as effect
from sandbox.servers import Servers
from storage.outbox import Lane, Leased, Topic
from storage.tables import Organisation
from tests import campaign_desk, factories
from tests.bench import seed
from tests.bench.report import Metric, log, tell
from tests.bench.stage import Stage, stage
from tests.business_clock import set_business_time
from workflows import campaigns

LAUNCH_S = 10.0
BATCH = 10_000
MEMORY_MB = 50.0


def run(servers: Servers, *, count: int) -> None:
    """Print the seconds of the preview and of the launch, what the preview adds to memory, and the floor of bare rows."""
    here = stage(servers, "launch")
    deps = here.deps()
    use(deps)
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    org = here.organisation(deps.db)
    campaign_id = drafted(here, deps, org, count)
    before, began = _memory_mb(), time.perf_counter()
    with deps.db.begin(org=org) as session:
        campaign_desk.weigh(session, campaign_id)
    counted, grew = time.perf_counter() - began, _memory_mb() - before
    with deps.db.begin(org=org) as session:
        campaigns.start(session, campaign_id, by=campaign_desk.a_manager(session))
    began = time.perf_counter()
    _work(deps, org, campaign_id)
    launched = time.perf_counter() - began
    _check(here, count)
    floor = _floor(here, count)
    deps.db.dispose()
    scale = LAUNCH_S * count / 100_000
    tell(Metric("campaign_preview_s", counted, "s"))
    tell(Metric("campaign_preview_memory_mb", grew, "MB", target=f"<= {MEMORY_MB:g}", ok=grew <= MEMORY_MB))
    tell(
        Metric(
            "campaign_launch_s",
            launched,
            "s",
            "INSERT … SELECT of bare rows",
            floor,
            f"<= {scale:g} for {count}",
            launched <= scale,
        )
    )


def drafted(here: Stage, deps: Deps, org: UUID, count: int) -> UUID:
    """A campaign over so many patients, frozen and not yet weighed."""
    pairs: list[UUID] = []
    for first in range(0, count, BATCH):
        with deps.db.begin(org=org) as session:
            found = seed.people(session, min(BATCH, count - first), first=first)
            pairs += [patient for patient, _ in found]
    with deps.db.begin(org=org) as session:
        campaign_desk.publish(session)
        session.query(Organisation).one().settings = {
            "pilot": "off",
            "campaigns": {
                "approve_above": count,
                "carrier_segments_per_day": 20_000,
                "reply_rate": 0.001,
                "booking_rate": 0.001,
            },
        }
        for n in range(40):
            factories.a_slot(session, start=factories.MONDAY_NOON + timedelta(hours=n + 1), ehr_id=f"slot-{n}")
    with deps.db.begin(org=org) as session:
        campaign_id = campaign_desk.frozen(session, pairs, campaign_desk.a_manager(session)).id
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        link.execute("ANALYZE")
    log(f"{count} patients")
    return campaign_id


def _work(deps: Deps, org: UUID, campaign_id: UUID) -> None:
    """As the bulk lane's worker does it, its promise renewed when its turn is over."""
    while True:
        try:
            effect.work(deps, org, Leased(0, Topic.CAMPAIGN_WORK, str(campaign_id), Lane.BULK, {}, 1, campaign_id))
        except Temporary:
            continue
        return


def _check(here: Stage, count: int) -> None:
    """Everybody once, each with the trigger, the ledger line and the audit row."""
    with psycopg.connect(here.database.superuser_url) as link:
        row = link.execute(
            "SELECT (SELECT count(*) FROM enrollments WHERE campaign_id IS NOT NULL), (SELECT count(*) FROM trigger_events), "
            "(SELECT count(*) FROM decisions WHERE rule = 'trigger.campaign'), "
            "(SELECT count(*) FROM audit WHERE action = 'enrollment.started'), (SELECT count(*) FROM campaigns WHERE state = 'running')"
        ).fetchone()
    if row is None or tuple(row) != (count, count, count, count, 1):
        raise RuntimeError(
            f"{count} patients were to be launched; {row} enrollments, triggers, ledger lines, audit rows, running"
        )


def _floor(here: Stage, count: int) -> float:
    """The same number of rows into one table with one index."""
    with psycopg.connect(here.database.owner_url) as link:
        link.execute("CREATE TABLE floor (id uuid PRIMARY KEY, at timestamptz, wake_at timestamptz)")
        began = time.perf_counter()
        link.execute(f"INSERT INTO floor SELECT uuidv7(), now(), now() FROM generate_series(1, {int(count)})".encode())
        link.commit()
        return time.perf_counter() - began


def _memory_mb() -> float:
    """The most this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
