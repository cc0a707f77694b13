"""Where what people type in a case's thread meets the domain. Only `reply: …` of the owner is for the patient; all else is theirs."""

import re
from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from slack_bolt import Ack, BoltContext
from sqlalchemy.orm import Session

from core import log
from core.errors import CareloopError, Refused
from handlers import slack_words
from handlers.deps import Deps
from handlers.edge import org_of_team
from storage import receipts
from storage.tables import Case
from workflows import cases, page_access, relay, replies, staff
from workflows.staff import Who

TO_PATIENT = re.compile(r"\s*reply\s*:\s*(?P<text>.*)", re.IGNORECASE | re.DOTALL)
ONLY_WORDS = (
    "Nothing was sent: a text to a patient is words only, typed once in the thread. Type it again without the {what}."
)
WHAT = {"file_share": "file", "thread_broadcast": "copy to the channel"}


def said(deps: Deps) -> Callable[..., None]:
    """The listener of message events. Acknowledged whatever it is; acted on once a Slack event id."""

    def listener(ack: Ack, event: dict[str, Any], body: dict[str, Any], context: BoltContext) -> None:
        org = org_of_team(deps, str(body.get("team_id", "")))
        text = _to_patient(event)
        if org is not None and text is not None:
            after = _act(deps, org, text, event=event, body=body)
            if after:
                context["after"] = lambda: _whisper(deps, org, event, after)
        ack()

    return listener


def _to_patient(event: dict[str, Any]) -> str | None:
    """What follows `reply:` in a thread, typed by a person just now; None for everything else: edits, bots, chatter."""
    by_person = event.get("user") and not event.get("bot_id")
    if not by_person or event.get("subtype") not in (None, *WHAT):
        return None
    thread = event.get("thread_ts")
    if not thread or thread == event.get("ts"):
        return None
    found = TO_PATIENT.match(str(event.get("text", "")))
    return found["text"] if found else None


def _act(deps: Deps, org: UUID, text: str, *, event: dict[str, Any], body: dict[str, Any]) -> str:
    """What the writer is told. The event is marked as seen even where it is refused: sent again, it must not become a text later."""
    event_id, workspace = str(body.get("event_id", "")), deps.vendors.people(org, str(body["team_id"]))
    with deps.db.begin(org=org) as session:
        if not receipts.first(session, "slack.event", event_id):
            return ""
        case = relay.case_of(session, str(event.get("channel", "")), str(event["thread_ts"]))
        if case is None:
            return ""
        try:
            with session.begin_nested():
                who = staff.of_slack(session, workspace, str(event["user"]))
                return _say(session, case, who, text=text, event=event, form_id=uuid5(NAMESPACE_OID, event_id))
        except relay.OnThePage as refusal:
            said = refusal.say
        except Refused as refusal:
            return refusal.say
    return f"{said}: {_link(deps, org, event=event, workspace=workspace)}"


def _say(session: Session, case: Case, who: Who, *, text: str, event: dict[str, Any], form_id: UUID) -> str:
    what = WHAT.get(str(event.get("subtype") or ""))
    if what:
        raise Refused(ONLY_WORDS.format(what=what))
    return told(session, relay.typed(session, case, slack_words.of_message(text), by=who, form_id=form_id))


def told(session: Session, sent: relay.Sent) -> str:
    """What the writer of a text hears: how long it is, and whether it goes now."""
    case = cases.get(session, sent.case_id)
    size = f"{sent.segments} segment{'s' if sent.segments != 1 else ''}"
    hours = replies.hours_now(session, case)
    if hours is not None and not hours.open:
        return f"Your text ({size}) waits for the hours in which the patient may be texted. It is on the case page."
    return f"On its way to the patient ({size}). Their answer comes back here."


def _link(deps: Deps, org: UUID, *, event: dict[str, Any], workspace: str) -> str:
    with deps.db.begin(org=org) as session:
        case = relay.case_of(session, str(event["channel"]), str(event["thread_ts"]))
        who = staff.of_slack(session, workspace, str(event["user"]))
        token = page_access.make_link(session, who=who, case_id=case.id if case else None)
    return f"<{deps.settings.public_origin}/open/{token}|open it>. The link works once, for you, for 5 minutes."


def _whisper(deps: Deps, org: UUID, event: dict[str, Any], text: str) -> None:
    """Runs once Slack has its answer; a whisper that is lost loses no text."""
    try:
        slack = deps.vendors.slack(org)
        slack.whisper(str(event["channel"]), str(event["user"]), text, thread_ts=str(event["thread_ts"]))
    except CareloopError as error:
        log.get().warning("thread.not_told", error=type(error).__name__)
