"""Slack's events about people: an account that was deactivated, became a guest's, left or came back; a user group."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack

from bot import accounts as reading
from handlers.deps import Deps
from handlers.edge import org_of_team
from storage import receipts
from workflows import accounts, user_groups


def account_changed(deps: Deps) -> Callable[..., None]:
    """Whoever may not be here any more loses access before Slack has its answer. Most changes (a new status) are nobody's business."""

    def changed(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        team, user = str(body.get("team_id", "")), event.get("user")
        org = org_of_team(deps, team)
        if org is not None and isinstance(user, dict):
            workspace, event_id = deps.vendors.people(org, team), str(body.get("event_id", ""))
            with deps.db.begin(org=org) as session:
                account = reading.read(user, {team, *accounts.workspaces(session).get(workspace, [])})
                ours = account is not None and accounts.known(session, workspace, account)
                if account is not None and ours and receipts.first(session, "slack.event", event_id):
                    accounts.seen(session, workspace, account)
                    accounts.bind(session, workspace, account)
        ack()

    return changed


def group_changed(deps: Deps) -> Callable[..., None]:
    """A user group, or who is in it, has changed: where it gives a role it is read anew."""

    def changed(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        org = org_of_team(deps, str(body.get("team_id", "")))
        subteam = event.get("subteam")
        group_id = str(event.get("subteam_id") or (subteam.get("id") if isinstance(subteam, dict) else "") or "")
        if org is not None and group_id:
            with deps.db.begin(org=org) as session:
                user_groups.changed(session, group_id)
        ack()

    return changed
