"""The long-running processes beside the lanes: web and clock. Each ends on SIGTERM after what it is doing."""

from uuid import UUID

import uvicorn
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot import sync
from core import clock, log
from core.stopping import Stop
from handlers.deps import Deps
from handlers.lanes import warm
from storage import audit, feeds, notices, outbox
from storage.outbox import Lane, Topic
from workflows import (
    absences,
    accounts,
    closing,
    deadlines,
    departures,
    outages,
    paging,
    plans,
    proxies,
    reconciling_cards,
    resting,
    routing_rules,
    slack_tokens,
    state_rules,
    tcm,
    weekly,
)
from workflows.campaigns import watching
from workflows.cohorts import standing
from workflows.forms import missing
from workflows.kpis import rounds

TICK_S = 1.0
SEAL_EVERY_S = 10.0
RECONCILE_EVERY_S = 600.0
REDRAWS = 5
POLLED = ("Patient", "Appointment", "Slot", "Encounter", "Condition", "Observation", "Procedure")


def web(deps: Deps) -> None:
    """Serve webhooks and pages until stopped."""
    from handlers import http  # the web alone needs it: a worker starts without Bolt and FastAPI

    warm()
    log.get().info("web.started", port=deps.settings.port)
    uvicorn.run(
        http.build(deps),
        host=deps.settings.host,
        port=deps.settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def tick_forever(deps: Deps) -> None:
    """The clock: rings lanes with due rows each second, seals the audit, asks for EHR polls. Two of them are harmless."""
    stop = Stop()
    sealed = reconciled = 0.0
    log.get().info("clock.started")
    log.get().warning("rules.to_confirm", count=len(state_rules.to_confirm()))
    while not stop.asked:
        try:
            tick(deps)
            if clock.monotonic() - sealed >= SEAL_EVERY_S:
                seal(deps)
                refresh(deps)
                sealed = clock.monotonic()
            if clock.monotonic() - reconciled >= RECONCILE_EVERY_S:
                reconcile(deps)
                reconciled = clock.monotonic()
        except (SQLAlchemyError, RedisError) as error:
            log.get().error("clock.missed", error=type(error).__name__)
        stop.within(TICK_S)


def tick(deps: Deps) -> None:
    """One second's work: promise polls that are due, look after campaigns, contact clocks and pages, then ring the lanes."""
    for org in deps.db.orgs():
        _promise(deps, org)
        _campaigns(deps, org)
        with deps.db.begin(org=org) as session:
            tcm.warn(session)
            absences.begin_due(session)
            outages.tend(session)
        with deps.db.begin(org=org) as session:
            closing.settle(session)
            resting.wake(session)
        with deps.db.begin(org=org) as session:
            deadlines.look(session)
            paging.climb(session)
    deps.bells.ring(deps.db.due_lanes())


def seal(deps: Deps) -> None:
    """Chain each organisation's newest audit rows; whoever turned 18 today is no child any more; Slack's tokens are renewed in time."""
    for org in deps.db.orgs():
        with deps.db.begin(org=org) as session:
            audit.seal(session)
            slack_tokens.promise(session)
            proxies.come_of_age(session)
            deadlines.watch(session)
            departures.mop_up(session)
            routing_rules.tell_gaps(session)


def reconcile(deps: Deps) -> None:
    """Cards that Slack ought to show and does not are promised again; each channel is read for those that are gone."""
    for org in deps.db.orgs():
        with deps.db.begin(org=org) as session:
            reconciling_cards.promise_missing(session)
            notices.each_channel(session, Topic.CARD_SWEEP)
            notices.each_channel(session, Topic.CHANNEL_CHECK)


def refresh(deps: Deps) -> None:
    """Cards whose words about time have changed ("due in 25 min") are drawn anew, few at a time: Slack takes 50 redraws a minute."""
    for org in deps.db.orgs():
        with deps.db.begin(org=org) as session:
            sync.stale(session, most=REDRAWS)


def _promise(deps: Deps, org: UUID) -> None:
    with deps.db.begin(org=org) as session:
        for kind in feeds.due(session, POLLED, every_s=deps.settings.ehr_poll_s):
            outbox.put(session, Topic.EHR_POLL, kind, lane=Lane.REPLIES)
        standing.promise(session)
        missing.promise(session)
        plans.promise(session)
        accounts.promise_sweep(session)
        weekly.promise(session)
        rounds.promise(session)


def _campaigns(deps: Deps, org: UUID) -> None:
    """Look at those whose minute has come: one that goes wrong is paused, one that is through is over."""
    with deps.db.begin(org=org) as session:
        found = watching.due(session)
    for campaign_id in found:
        with deps.db.begin(org=org) as session:
            watching.tend(session, campaign_id)
