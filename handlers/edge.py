"""Where a click meets the domain: organisation, person, transaction, ack, and what follows. The only place that knows all five."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from slack_bolt import Ack, BoltContext
from sqlalchemy.orm import Session

from bot.answering import answer
from bot.blocks import Block, Element, Message, actions, escape, section
from bot.gateway import Gateway
from bot.modals import message
from bot.modals.frame import modal
from core import clock, log
from core.errors import CareloopError, Permanent, Refused, Temporary
from handlers.deps import Deps
from workflows import cases, staff
from workflows.staff import Who

TICKET_S = 2.5  # Slack's trigger lives 3 s from the click; ours counts from receipt
LATE = "That took too long for Slack. Nothing was changed. Please press it again."
LOADING = "One moment."
DONE = "Done. The card shows it."
NOT_LOADED = "Slack did not hand it over just now. Nothing was changed. Please try again in a minute."
NOT_HERE = "This channel is not private to the team, so nothing was shared. Share it in the team's own channel."
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
    channel: str = ""
    message: Mapping[str, Any] = field(default_factory=dict, repr=False)
    in_modal: bool = False
    """A button inside an open window was pressed."""
    ephemeral: bool = False
    """A button of a message that only this person sees was pressed: nobody else redraws it."""


@dataclass(frozen=True, slots=True)
class Show:
    """A modal to open right after the click was answered; where a window's button was pressed, in that window."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Push:
    """A modal to lay over the window in which something was pressed or sent; closing it shows that one again."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """What a submitted form shows next, in the same window."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Whisper:
    """A sentence only the clicker sees, with buttons below it (Undo). Shown in the window where one was pressed; after a form in
    `channel`, or in a window of its own where that is not known or not theirs."""

    text: str
    buttons: tuple[Element, ...] = ()
    channel: str = ""

    @property
    def blocks(self) -> list[Block]:
        """As blocks, where there are buttons."""
        return [section(escape(self.text)), actions(*self.buttons)] if self.buttons else []


@dataclass(frozen=True, slots=True)
class Load:
    """A window that says so while `make` works in a transaction of its own, after what `fetch` got from Slack; then what was found."""

    title: str
    make: Callable[[Session, Who, Any], Mapping[str, Any]]
    fetch: Callable[[Gateway], Any] | None = None


@dataclass(frozen=True, slots=True)
class Reckon:
    """A first line at once, seen by who typed alone; then what `make` finds in a transaction of its own, in its place."""

    first: str
    make: Callable[[Session, Who], Message]


@dataclass(frozen=True, slots=True)
class Redraw:
    """What the message that only the clicker sees shows from now on."""

    message: Message


@dataclass(frozen=True, slots=True)
class Share:
    """A message that the clicker wants everybody in this channel to see; said in private where the channel is not the team's alone."""

    message: Message


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A one-time link to the signed-in page, whispered. `path` begins with a slash."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Home:
    """What the clicker's Home tab shows from now on."""

    view: Mapping[str, Any]


Following = Home | Show | Push | Load | Reckon | Whisper | Redraw | Share | OpenPage
After = Following | Replace | None
Act = Callable[[Session, Click, Who], After]


def on_click(deps: Deps, act: Act) -> Callable[..., None]:
    """Wrap `act` as a Bolt listener: one transaction, commit, ack, then the modal or the whisper. The same trigger acts once."""

    def listener(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        click = _unpack(deps, body, context)
        try:
            after = carry_out(deps, act, click)
        except Refused as refusal:
            after = Whisper(refusal.say)
        ack()
        if after is None and click.in_modal:
            after = Whisper(DONE)
        if after is not None:
            context["after"] = lambda: follow(deps, click, after)

    listener.__name__ = act.__name__  # functools.wraps would make Bolt read act's arguments
    return listener


def on_submit(deps: Deps, act: Act) -> Callable[..., None]:
    """The same for a form: a refusal is shown at its first field and the form stays open."""

    def listener(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        click = _unpack(deps, body, context)
        try:
            after = carry_out(deps, act, click)
        except Refused as refusal:
            ack(response_action="errors", errors={_first_field(click.view): refusal.say})
            return
        if isinstance(after, Replace | Push):
            ack(response_action="update" if isinstance(after, Replace) else "push", view=dict(after.view))
            return
        if isinstance(after, Load):
            ack(response_action="update", view=message(after.title, [LOADING]))
        else:
            ack()
        if after is not None:
            context["after"] = lambda: follow(deps, click, after)

    listener.__name__ = act.__name__
    return listener


def org_of_team(deps: Deps, team_id: str) -> UUID | None:
    """Whose workspace this is; remembered, since a workspace does not change hands."""
    return deps.vendors.owner("slack.team", team_id)


def carry_out(deps: Deps, act: Act, click: Click) -> After:
    """Do it as whoever clicked, in one transaction; a stranger is reported. The same trigger acts once: None the second time."""
    try:
        return _in_transaction(deps, act, click)
    except staff.Stranger:
        with deps.db.begin(org=click.org) as session:
            cases.report_stranger(session, click.workspace, click.user)
        raise


def _in_transaction(deps: Deps, act: Act, click: Click) -> After:
    if not click.trigger_id:
        with deps.db.begin(org=click.org) as session:
            return act(session, click, staff.of_slack(session, click.workspace, click.user))
    asked = {"workspace": click.workspace, "account": click.user, "source": SOURCE, "ticket": click.trigger_id}
    with deps.db.begin(org=click.org, how=staff.CLICK, **asked) as session:
        who, fresh = staff.clicker(session, click.workspace, click.user)
        return act(session, click, who) if fresh else None


def _unpack(deps: Deps, body: dict[str, Any], context: BoltContext) -> Click:
    team = str((body.get("team") or {}).get("id") or context.get("team_id") or "")
    org = org_of_team(deps, team)
    if org is None:
        raise Refused("This workspace is not connected to Careloop.")
    action = (body.get("actions") or [{}])[0]
    chosen = action.get("selected_option") or {}
    return Click(
        org=org,
        workspace=deps.vendors.people(org, team),
        user=account((body.get("user") or {}).get("id")),
        trigger_id=str(body.get("trigger_id") or ""),
        value=str(chosen.get("value") or action.get("value") or ""),
        view=body.get("view") or {},
        response_url=body.get("response_url"),
        received_s=float(context.get("received_s") or clock.monotonic()),
        channel=str((body.get("channel") or {}).get("id") or ""),
        message=body.get("message") or {},
        ephemeral=bool((body.get("container") or {}).get("is_ephemeral")),
        in_modal=body.get("type") == "block_actions" and (body.get("view") or {}).get("type") == "modal",
    )


def account(said: object) -> str:
    """A Slack account's id as it was said; empty for what cannot be one."""
    return said if isinstance(said, str) and said.isascii() and said.isalnum() and len(said) <= 32 else ""


def follow(deps: Deps, click: Click, after: After) -> None:
    """What comes after a click or a command. Runs once the answer to Slack is out; if it is lost the person clicks again."""
    try:
        if isinstance(after, Whisper):
            _say(deps, click, after)
        elif isinstance(after, OpenPage):
            link = f"<{deps.settings.public_origin}{after.path}|{after.words}>"
            _say_line(deps, click, f"{link}. The link works once, for you, for 5 minutes.")
        elif isinstance(after, Home):
            deps.vendors.slack(click.org).publish_home(click.user, dict(after.view))
        elif isinstance(after, Show | Replace | Push):
            _open(deps, click, after)
        elif isinstance(after, Redraw | Reckon | Share):
            _by_address(deps, click, after)
        elif isinstance(after, Load) and click.view.get("id"):
            _load(deps, click, after, view_id=str(click.view["id"]))
        elif _late(click):
            _whisper(click, LATE)
        elif isinstance(after, Load):
            opened = deps.vendors.slack(click.org).open_view(click.trigger_id, message(after.title, [LOADING]))
            _load(deps, click, after, view_id=opened.id)
    except (Temporary, Permanent) as error:
        log.get().warning("click.not_followed", error=type(error).__name__, code=getattr(error, "code", ""))
        _whisper(click, LATE)
    except CareloopError as error:
        log.get().error("click.not_followed", error=type(error).__name__)


def _open(deps: Deps, click: Click, after: Show | Replace | Push) -> None:
    """In the window where something was pressed, over it, or as a new one."""
    slack, view = deps.vendors.slack(click.org), dict(after.view)
    if click.in_modal and not isinstance(after, Push):
        slack.fill_view(str(click.view["id"]), view)
    elif _late(click):
        _whisper(click, LATE)
    elif click.in_modal:
        slack.push_view(click.trigger_id, view)
    else:
        slack.open_view(click.trigger_id, view)


def _late(click: Click) -> bool:
    return clock.monotonic() - click.received_s > TICKET_S


def _load(deps: Deps, click: Click, after: Load, *, view_id: str) -> None:
    """The role is asked again: the work begins after the answer to Slack."""
    slack = deps.vendors.slack(click.org)
    try:
        fetched = after.fetch(slack) if after.fetch else None
        with deps.db.begin(org=click.org) as session:
            view = dict(after.make(session, staff.of_slack(session, click.workspace, click.user), fetched))
    except Refused as refusal:
        view = message(after.title, [refusal.say])
    except CareloopError as error:
        log.get().warning("click.not_loaded", error=type(error).__name__, code=getattr(error, "code", ""))
        view = message(after.title, [NOT_LOADED])
    try:
        slack.fill_view(view_id, view)
    except (Temporary, Permanent) as error:  # closed meanwhile, or Slack is ill: what was made is kept
        log.get().warning("click.window_gone", error=type(error).__name__, code=getattr(error, "code", ""))
        _whisper(click, f"{after.title}: it is done, and its window could not be filled. Ask again to see it.")


def _by_address(deps: Deps, click: Click, after: Redraw | Reckon | Share) -> None:
    if isinstance(after, Redraw):
        _answer(click, after.message, replace_original=True)
    elif isinstance(after, Share):
        _share(deps, click, after.message)
    else:
        _reckon(deps, click, after)


def _reckon(deps: Deps, click: Click, after: Reckon) -> None:
    """The role is asked again: the work begins after the answer to Slack."""
    try:
        with deps.db.begin(org=click.org) as session:
            said = after.make(session, staff.of_slack(session, click.workspace, click.user))
    except Refused as refusal:
        said = Message(escape(refusal.say), (section(escape(refusal.say)),))
    _answer(click, said, response_type="ephemeral", replace_original=True)


def _say(deps: Deps, click: Click, said: Whisper) -> None:
    """With its buttons where it has some; a form has no address to answer to, so its team's channel is taken."""
    if said.buttons and click.response_url and not click.in_modal:
        _answer(click, Message(said.text, tuple(said.blocks)), response_type="ephemeral", replace_original=False)
    else:
        line = escape(said.text) if said.buttons or click.in_modal else said.text
        _say_line(deps, click, line, buttons=said.buttons, channel=said.channel)


def _say_line(deps: Deps, click: Click, line: str, *, buttons: tuple[Element, ...] = (), channel: str = "") -> None:
    """A whisper; where Slack gave no address for one (a form, a global shortcut), in `channel`, else a window that says it."""
    slack = deps.vendors.slack(click.org)
    blocks = [section(line), *([actions(*buttons)] if buttons else [])]
    if click.in_modal:
        slack.fill_view(str(click.view["id"]), modal("Careloop", blocks))
    elif click.response_url:
        _whisper(click, line)
    elif channel:
        try:
            slack.whisper(channel, click.user, line, blocks if buttons else ())
        except Permanent:  # not a member: what happened has to be said all the same
            slack.open_view(click.trigger_id, modal("Careloop", blocks))
    elif click.trigger_id:
        slack.open_view(click.trigger_id, modal("Careloop", blocks))


def _whisper(click: Click, text: str) -> None:
    if click.response_url:
        answer(click.response_url, {"text": text, "response_type": "ephemeral", "replace_original": False})


def _answer(click: Click, message: Message, **how: Any) -> None:
    """By the click's own address, which Slack takes five times in half an hour: here once."""
    if click.response_url:
        answer(click.response_url, {"text": message.text, "blocks": list(message.blocks)} | how)


def _share(deps: Deps, click: Click, message: Message) -> None:
    facts = deps.vendors.slack(click.org).channel_facts(click.channel)
    if facts.shared or facts.archived or not facts.private:
        _whisper(click, NOT_HERE)
    else:
        _answer(click, message, response_type="in_channel", replace_original=False)


def _first_field(view: Mapping[str, Any]) -> str:
    values = (view.get("state") or {}).get("values") or {}
    return next(iter(values), "case")
