"""The Bolt app: which listener answers what. Bolt checks the signature; what it leaves open is closed here and in `http`."""

import logging
from typing import Any
from uuid import UUID

from slack_bolt import Ack, App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot import home_face
from core import log
from core.errors import Misconfigured, Refused
from handlers import channel_events, commands, edge_thread, home, people_events
from handlers.actions import ACTIONS, FORMS
from handlers.deps import Deps
from handlers.edge import on_click, on_submit, org_of_team
from handlers.effects import slack as effects
from handlers.shortcuts import SHORTCUTS
from storage import receipts
from workflows import reconciling_cards, staff
from workflows.slack_installs import ENTERPRISE

BUSY = "Careloop could not do that just now. Nothing was changed. Please try again in a minute."


def build(deps: Deps, *, signing_secret: str) -> App:
    """Bolt with every action, form, command and event bound."""
    quiet = logging.getLogger("careloop.bolt")
    quiet.setLevel(logging.CRITICAL)  # on a bad signature Bolt writes the whole body
    app = App(
        logger=quiet,
        signing_secret=signing_secret,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        authorize=_authorizer(deps),
        token_verification_enabled=False,
        user_facing_authorize_error_message=commands.NOT_CONNECTED,
    )
    for name, act in ACTIONS.items():
        app.action(name)(on_click(deps, act))
    for name, act in FORMS.items():
        app.view(name)(on_submit(deps, act))
    for name, act in SHORTCUTS.items():
        app.shortcut(name)(on_click(deps, act))
    for name, command in commands.discover().items():
        app.command(name)(commands.listener(deps, command))
    app.event("app_home_opened")(_home(deps))
    app.event("app_uninstalled")(_left(deps))
    app.event("tokens_revoked")(_left(deps))
    app.event("member_joined_channel")(_invited(deps))
    for name in channel_events.EVENTS:
        app.event(name)(channel_events.changed(deps))
    app.event("user_change")(people_events.account_changed(deps))
    app.event("subteam_updated")(people_events.group_changed(deps))
    app.event("subteam_members_changed")(people_events.group_changed(deps))
    app.event("message")(edge_thread.said(deps))
    app.error(_failed)
    return app


def _authorizer(deps: Deps) -> Any:
    """Whose workspace it is decides, not whose token: one whose access has ended is let in without one, and its events are heard."""

    def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
        org = org_of_team(deps, team_id or "")
        if org is None:
            return None
        who: dict[str, str] = {}
        try:
            who = {name: deps.vendors.secret(org, "slack", name) for name in ("bot_token", "bot_id", "bot_user_id")}
        except Misconfigured as missing:
            log.get().warning("slack.no_access", org=org, reason=missing.what)
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, **who)

    return authorize


def _home(deps: Deps) -> Any:
    def opened(ack: Ack, event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
        org = org_of_team(deps, str(body.get("team_id", "")))
        user = str(event.get("user", ""))
        if org is not None:
            workspace = deps.vendors.people(org, str(body["team_id"]))
            with deps.db.begin(org=org) as session:
                if receipts.first(session, "slack.event", str(body.get("event_id", ""))):
                    try:
                        shown = str((event.get("view") or {}).get("private_metadata", ""))
                        view = home.drawn(session, staff.of_slack(session, workspace, user), where=shown)
                    except Refused as refusal:
                        view = home_face.stranger(None if isinstance(refusal, staff.Stranger) else refusal.say)
                    context["after"] = lambda: deps.vendors.slack(org).publish_home(user, view)
        ack()

    return opened


def _left(deps: Deps) -> Any:
    """The app was removed, or our token taken back: whoever can connect it again is told at once. A colleague's own token is not ours."""

    def left(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        org = _of_lifecycle(deps, body)
        ours = event.get("type") == "app_uninstalled" or bool((event.get("tokens") or {}).get("bot"))
        if org is not None and ours:
            with deps.db.begin(org=org) as session:
                fresh = receipts.first(session, "slack.event", str(body.get("event_id", "")))
            if fresh:
                effects.cut_off(deps, org)
        ack()

    return left


def _of_lifecycle(deps: Deps, body: dict[str, Any]) -> UUID | None:
    """Of an Enterprise organisation's install the organisation whose row it is; else the workspace's."""
    installs = [one for one in body.get("authorizations") or [body] if isinstance(one, dict)]
    wide = next((one for one in (*installs, body) if one.get("is_enterprise_install")), None)
    place = str(wide.get("enterprise_id") or "") if wide else ""
    return deps.vendors.owner(ENTERPRISE, place) if place else org_of_team(deps, str(body.get("team_id", "")))


def _invited(deps: Deps) -> Any:
    """The bot was let into a channel: cards that the channel did not take go there now, not at the next look in ten minutes."""

    def joined(ack: Ack, event: dict[str, Any], body: dict[str, Any]) -> None:
        org = org_of_team(deps, str(body.get("team_id", "")))
        if org is not None and event.get("user") == deps.vendors.secret(org, "slack", "bot_user_id"):
            with deps.db.begin(org=org) as session:
                if receipts.first(session, "slack.event", str(body.get("event_id", ""))):
                    reconciling_cards.promise_missing(session)
                    channel_events.look(session, event)
        elif org is not None:
            channel_events.somebody_joined(deps, org, event, body)
        ack()

    return joined


def _failed(error: Exception, request: BoltRequest) -> BoltResponse:
    """Unknown events are fine (200: a 404 would count as a failed delivery); a refusal is said; the rest is 500, never acknowledged."""
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200, body="")
    if isinstance(error, Refused):
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": error.say})
    log.get().error("slack.failed", error=type(error).__name__, kind=str(request.body.get("type", "")))
    return BoltResponse(status=500, body="")
