"""Look at a team's channel in Slack; what follows from how it stands is decided by the domain."""

from uuid import UUID

from core import clock
from core.errors import Permanent
from handlers.deps import Deps
from handlers.effects.slack import known_channels
from storage.outbox import Leased
from workflows import channel_checks


def check(deps: Deps, org: UUID, row: Leased) -> None:
    """Ask Slack how a channel stands now, whatever was told of it before: late and doubled events do no harm."""
    channel = row.key
    try:
        facts = deps.vendors.slack(org).channel_facts(channel)
    except Permanent as error:
        problem = channel_checks.CODES.get(error.code)
        if problem is None:
            raise
        known_channels.pop((org, channel), None)
    else:
        problem = facts.problem
        known_channels[(org, channel)] = (clock.monotonic(), facts)
    with deps.db.begin(org=org) as session:
        channel_checks.found(session, channel, problem)
