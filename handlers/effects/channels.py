"""Look at a team's channel in Slack; what follows from how it stands is decided by the domain."""

from uuid import UUID

from core import clock
from core.errors import Permanent
from handlers.deps import Deps
from handlers.effects.slack import known_channels
from storage import receipts
from storage.outbox import Leased
from workflows import channel_checks

MOST = 200


def check(deps: Deps, org: UUID, row: Leased) -> None:
    """Ask Slack how a channel stands now, whatever was told of it before: late and doubled events do no harm."""
    channel, _, account = row.key.partition(":")
    if account:
        _look_for_guests(deps, org, channel, [account])
        return
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
        today = not problem and receipts.first(session, "channel.guests", f"{channel}:{clock.machine().date()}")
    if today:
        _look_for_guests(deps, org, channel, deps.vendors.slack(org).members(channel, most=MOST))


def _look_for_guests(deps: Deps, org: UUID, channel: str, members: list[str]) -> None:
    """Whoever is no staff is asked for: a guest reads what stands there. Once a day, and whenever somebody comes in."""
    slack, bot = deps.vendors.slack(org), deps.vendors.secret(org, "slack", "bot_user_id")
    with deps.db.begin(org=org) as session:
        unknown = [one for one in channel_checks.strangers(session, members) if one != bot]
    for account in unknown:
        user = slack.user(account)
        if user is not None and (user.get("is_restricted") or user.get("is_ultra_restricted")):
            with deps.db.begin(org=org) as session:
                channel_checks.guest(session, channel, account)
