"""Slack's events about people: an account that was deactivated, became a guest's, left or came back."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack

from bot import accounts as reading
from handlers.deps import Deps
from handlers.edge import org_of_team
from storage import receipts
from workflows import accounts


def account_changed(deps: Deps) -> Callable[..., None]:
    """Whoever may not be here any more loses access before Slack has its answer. Most changes (a new status) are nobody's business."""

    def changed(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        workspace = str(body.get("team_id", ""))
        org = org_of_team(deps, workspace)
        user = event.get("user")
        account = reading.read(user, workspace) if isinstance(user, dict) else None
        if org is not None and account is not None:
            with deps.db.begin(org=org) as session:
                if accounts.known(session, workspace, account.id) and receipts.first(
                    session, "slack.event", str(body.get("event_id", ""))
                ):
                    accounts.seen(session, workspace, account)
        ack()

    return changed
