"""Slack's events about channels: archived, renamed, shared, left. Each has the channel looked at again; what Slack says then counts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from slack_bolt import Ack
from sqlalchemy.orm import Session

from bot.manifest import CHANNEL_EVENTS as EVENTS
from handlers.deps import Deps
from handlers.edge import account, org_of_team
from storage import receipts
from workflows import channel_checks

__all__ = ["EVENTS", "changed", "look", "somebody_joined"]


def changed(deps: Deps) -> Callable[..., None]:
    """One listener for all of them. Somebody else who leaves is nobody's business."""

    def listener(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        org = org_of_team(deps, str(body.get("team_id", "")))
        if org is not None and _about_us(deps, org, event):
            with deps.db.begin(org=org) as session:
                if receipts.first(session, "slack.event", str(body.get("event_id", ""))):
                    look(session, event)
        ack()

    return listener


def look(session: Session, event: dict[str, Any]) -> None:
    """Have the channel of an event looked at, if a team works there."""
    said = event.get("channel")
    channel = str(said.get("id", "")) if isinstance(said, dict) else str(said or "")
    if channel_checks.is_ours(session, channel):
        channel_checks.look(session, channel)


def somebody_joined(deps: Deps, org: UUID, event: dict[str, Any], body: dict[str, Any]) -> None:
    """A person came into a channel: in a team's own it may be a guest."""
    channel, user = str(event.get("channel") or ""), account(event.get("user"))
    if not user or not channel.isalnum():
        return
    with deps.db.begin(org=org) as session:
        if receipts.first(session, "slack.event", str(body.get("event_id", ""))):
            channel_checks.look_at_member(session, channel, user)


def _about_us(deps: Deps, org: UUID, event: dict[str, Any]) -> bool:
    return event.get("type") != "member_left_channel" or event.get("user") == deps.vendors.secret(
        org, "slack", "bot_user_id"
    )
