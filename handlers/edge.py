"""Where a click meets the domain: organisation, person, transaction, ack, and what follows. The only place that knows all five."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from slack_bolt import Ack, BoltContext
from slack_sdk.webhook import WebhookClient
from sqlalchemy.orm import Session

from core import clock, log
from core.errors import CareloopError, Permanent, Refused, Temporary
from handlers.deps import Deps
from storage import receipts
from workflows import cases, staff
from workflows.staff import Who

TICKET_S = 2.5  # Slack's trigger lives 3 s from the click; ours counts from receipt
LATE = "That took too long for Slack. Nothing was changed. Please press it again."
SOURCE = "slack.interaction"


@dataclass(frozen=True, slots=True)
class Click:
    """One signed interaction, unpacked. `value` holds an id, or "verb:id" from an overflow menu."""

    org: UUID
    workspace: str
    user: str
    trigger_id: str
    value: str
    view: Mapping[str, Any]
    response_url: str | None
    received_s: float


@dataclass(frozen=True, slots=True)
class Show:
    """A modal to open right after the click was answered."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """What a submitted form shows next, in the same window."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Whisper:
    """A sentence only the clicker sees."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A one-time link to the signed-in page, whispered. `path` begins with a slash."""

    path: str
    words: str


After = Show | Replace | Whisper | OpenPage | None
Act = Callable[[Session, Click, Who], After]


def on_click(deps: Deps, act: Act) -> Callable[..., None]:
    """Wrap `act` as a Bolt listener: one transaction, commit, ack, then the modal or the whisper. The same trigger acts once."""

    def listener(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        click = _unpack(deps, body, context)
        try:
            after = _act(deps, act, click)
        except Refused as refusal:
            after = Whisper(refusal.say)
        ack()
        if after is not None:
            context["after"] = lambda: follow(deps, click, after)

    listener.__name__ = act.__name__  # functools.wraps would make Bolt read act's arguments
    return listener


def on_submit(deps: Deps, act: Act) -> Callable[..., None]:
    """The same for a form: a refusal is shown at its first field and the form stays open."""

    def listener(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        click = _unpack(deps, body, context)
        try:
            after = _act(deps, act, click)
        except Refused as refusal:
            ack(response_action="errors", errors={_first_field(click.view): refusal.say})
            return
        if isinstance(after, Replace):
            ack(response_action="update", view=dict(after.view))
            return
        ack()
        if after is not None:
            context["after"] = lambda: follow(deps, click, after)

    listener.__name__ = act.__name__
    return listener


def org_of_team(deps: Deps, team_id: str) -> UUID | None:
    """Whose workspace this is; remembered, since a workspace does not change hands."""
    return deps.vendors.owner("slack.team", team_id)


def _act(deps: Deps, act: Act, click: Click) -> After:
    try:
        return _in_transaction(deps, act, click)
    except staff.Stranger:
        with deps.db.begin(org=click.org) as session:
            cases.report_stranger(session, click.workspace, click.user)
        raise


def _in_transaction(deps: Deps, act: Act, click: Click) -> After:
    with deps.db.begin(org=click.org) as session:
        who = staff.of_slack(session, click.workspace, click.user)
        if click.trigger_id and not receipts.first(session, SOURCE, click.trigger_id):
            return None
        return act(session, click, who)


def _unpack(deps: Deps, body: dict[str, Any], context: BoltContext) -> Click:
    team = str((body.get("team") or {}).get("id") or context.get("team_id") or "")
    org = org_of_team(deps, team)
    if org is None:
        raise Refused("This workspace is not connected to Careloop.")
    action = (body.get("actions") or [{}])[0]
    chosen = action.get("selected_option") or {}
    return Click(
        org=org,
        workspace=team,
        user=str((body.get("user") or {}).get("id", "")),
        trigger_id=str(body.get("trigger_id") or ""),
        value=str(chosen.get("value") or action.get("value") or ""),
        view=body.get("view") or {},
        response_url=body.get("response_url"),
        received_s=float(context.get("received_s") or clock.monotonic()),
    )


def follow(deps: Deps, click: Click, after: Show | Replace | Whisper | OpenPage) -> None:
    """What comes after a click or a command. Runs once the answer to Slack is out; if it is lost the person clicks again."""
    try:
        if isinstance(after, Whisper):
            _whisper(click, after.text)
        elif isinstance(after, OpenPage):
            link = f"<{deps.settings.public_origin}{after.path}|{after.words}>"
            _whisper(click, f"{link}. The link works once, for you, for 5 minutes.")
        elif clock.monotonic() - click.received_s > TICKET_S:
            _whisper(click, LATE)
        else:
            deps.vendors.slack(click.org).open_view(click.trigger_id, dict(after.view))
    except (Temporary, Permanent) as error:
        log.get().warning("click.not_followed", error=type(error).__name__, code=getattr(error, "code", ""))
        _whisper(click, LATE)
    except CareloopError as error:
        log.get().error("click.not_followed", error=type(error).__name__)


def _whisper(click: Click, text: str) -> None:
    if click.response_url:
        WebhookClient(click.response_url, timeout=5).send(text=text, response_type="ephemeral", replace_original=False)


def _first_field(view: Mapping[str, Any]) -> str:
    values = (view.get("state") or {}).get("values") or {}
    return next(iter(values), "case")
