"""Notices to teams, and what a lifted halt or an approved disruption sets going."""

from datetime import date
from uuid import UUID

from bot import notices as drawn
from bot.gateway import Gateway
from core import clock, log
from core.errors import Permanent, Temporary, Unknown
from handlers.deps import Deps
from handlers.effects.slack import GONE
from storage import notices
from storage.outbox import Leased
from workflows import disruptions, plans, resuming

DIRECT = ("U", "W")
RELEASE_S = 4.0  # then the promise is renewed, so that the lane's other work gets its turn


def sync(deps: Deps, org: UUID, row: Leased) -> None:
    """Bring one notice in one channel up to date; a post whose answer was lost is looked for first."""
    kind, subject, channel = row.key.split(":")
    subject_id = UUID(subject)
    with deps.db.begin(org=org) as session:
        message = drawn.build(session, kind, subject_id, channel=channel)
        ts, since = notices.post_of(session, kind, subject_id, channel)
    slack: Gateway = deps.vendors.slack(org)
    if ts is None and since is not None and not channel.startswith(DIRECT):  # a second direct message does no harm
        ts = slack.find_post(channel, f"{kind}:{subject}", since=since)
    if ts is None:
        try:
            ts = slack.post(channel, message, metadata={"case_id": f"{kind}:{subject}"})
        except Unknown as error:
            raise Temporary("the notice may be there; it is looked for first", retry_after_s=1) from error
    else:
        try:
            slack.update(channel, ts, message)
        except Permanent as error:
            if error.code not in GONE:
                raise
            with deps.db.begin(org=org) as session:
                notices.posted(session, kind, subject_id, channel=channel, ts=None)
            raise Temporary("the notice is gone; it is posted again", retry_after_s=0) from error
    with deps.db.begin(org=org) as session:
        notices.posted(session, kind, subject_id, channel=channel, ts=ts)


def halt_lifted(deps: Deps, org: UUID, row: Leased) -> None:
    """Plan again what a halt held, a batch a transaction, until none is left or the turn is over."""
    until = clock.monotonic() + RELEASE_S
    settled = 0
    while clock.monotonic() < until:
        with deps.db.begin(org=org) as session:
            batch = resuming.release(session, UUID(row.key))
        if not batch:
            log.get().info("halt.released", count=settled)
            return
        settled += batch
    raise Temporary("more texts are held", retry_after_s=0)


def disruption_start(deps: Deps, org: UUID, row: Leased) -> None:
    """Enrol the patients of an approved disruption, a few a transaction, soonest visits first."""
    until = clock.monotonic() + RELEASE_S
    while clock.monotonic() < until:
        with deps.db.begin(org=org) as session:
            if not disruptions.start(session, UUID(row.key)):
                return
    raise Temporary("more patients are to be told", retry_after_s=0)


def freeze_plan(deps: Deps, org: UUID, row: Leased) -> None:
    """Write down what is foreseen for a day that begins, so that it can be compared with what happened."""
    with deps.db.begin(org=org) as session:
        plans.freeze(session, date.fromisoformat(row.key), by="system")
