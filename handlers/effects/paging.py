"""Calls to staff about a case that cannot wait: a direct message or a text, with the case's number and nothing of the patient."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import paging as drawn
from bot import sync
from bot.blocks import Message
from core import clock
from core.errors import Permanent, Temporary, Unknown
from core.ids import show
from handlers.deps import Deps
from integrations.channels.ports import OutgoingText, SendState
from storage.db import now
from storage.outbox import Leased
from workflows import paging, surroundings
from workflows.paging import Page

NOT_THERE = frozenset({"failed", "undelivered", "canceled"})
VALID_S = 600  # later than that the next rung has been climbed
LOOK_BACK = timedelta(hours=1)
AGAIN_S = 10


def send(deps: Deps, org: UUID, row: Leased) -> None:
    """Make one call, unless it was made or somebody has the case meanwhile. Twice is harmless; never is not."""
    rung_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        page = paging.ready(session, rung_id)
        organisation = surroundings.organisation_of(session)
        brand, zone, at = organisation.brand, ZoneInfo(organisation.zone), now(session)
        card = sync.post_of(session, page.case_id, page.to) if page is not None and page.via == "thread" else None
    if page is None:
        return
    try:
        if page.via == "thread":
            _under_card(deps, org, page, drawn.thread(page, now=at), card=card, tried=row.attempts > 1)
        elif page.via == "dm":
            _message(deps, org, page, drawn.message(page, zone, now=at))
        else:
            _text(deps, org, page, drawn.text(page, brand, zone), tried=row.attempts > 1)
    except Permanent as error:
        with deps.db.begin(org=org) as session:
            paging.failed(session, rung_id, code=error.code or "refused")
        return
    with deps.db.begin(org=org) as session:
        paging.reached(session, rung_id)


def give_up(deps: Deps, org: UUID, row: Leased) -> None:
    """No try got through: the ladder goes on."""
    with deps.db.begin(org=org) as session:
        paging.failed(session, UUID(row.key), code="given_up")


def provider_said(deps: Deps, org: UUID, rung_id: UUID, *, status: str, code: str) -> None:
    """The carrier's word on a text to staff: one that did not arrive sends the ladder on at once."""
    if status in NOT_THERE:
        with deps.db.begin(org=org) as session:
            paging.failed(session, rung_id, code=code or status)


def _message(deps: Deps, org: UUID, page: Page, said: Message) -> None:
    try:
        deps.vendors.slack(org).post(page.to, said, metadata={"case_id": show("rng", page.rung_id)})
    except Unknown as error:
        raise Temporary("the message may be there; a second one does no harm", retry_after_s=AGAIN_S) from error


def _under_card(deps: Deps, org: UUID, page: Page, said: Message, *, card: str | None, tried: bool) -> None:
    """A line in the card's thread, once; a post whose answer was lost is looked for first."""
    if card is None:
        raise Temporary(
            "the card is not posted yet"
        )  # by our own back-off, and not for ever: a channel may be closed to us
    slack, rung = deps.vendors.slack(org), show("rng", page.rung_id)
    if tried and slack.find_reply(page.to, card, rung) is not None:
        return
    try:
        slack.post(page.to, said, metadata={"case_id": rung}, thread_ts=card)
    except Unknown as error:
        raise Temporary("the line may be there; it is looked for first", retry_after_s=AGAIN_S) from error


def _text(deps: Deps, org: UUID, page: Page, body: str, *, tried: bool) -> None:
    text_staff(deps, org, OutgoingText(show("rng", page.rung_id), page.to, body, VALID_S), tried=tried)


def text_staff(deps: Deps, org: UUID, text: OutgoingText, *, tried: bool) -> None:
    """A text to a colleague's phone; one that may have left at an earlier try is looked for first, by its words."""
    sms = deps.vendors.sms(org)
    if tried and any(sent.body == text.body for sent in sms.find(text.to, since=clock.machine() - LOOK_BACK)):
        return
    result = sms.send(text)
    if result.state is SendState.FAILED:
        raise Permanent("the text to staff is refused", code=result.code or "refused")
    if result.state is not SendState.ACCEPTED:
        raise Temporary("the text to staff has not left for certain", retry_after_s=result.retry_after_s or AGAIN_S)
