"""Cards and whispers: drawn from what is true now, so that late, doubled or reordered delivery is harmless."""

from uuid import UUID

from bot import sync
from bot.gateway import NOT_SHOWN, ChannelFacts, Gateway
from core import clock, log
from core.errors import Misconfigured, Permanent, Temporary, Unknown
from core.ids import show
from handlers.deps import Deps
from storage import outbox
from storage.outbox import Lane, Leased, Topic
from workflows import (
    cases,
    channel_checks,
    outages,
    paging,
    reconciling_cards,
    slack_installs,
    slack_refusals,
    staff,
)

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
SAY = {
    "approval_approved": "What you asked for on case {number} is approved. The case is still yours.",
    "approval_refused": "What you asked for on case {number} is refused. The case is still yours.",
    "slot_taken": "The time for case {number} was just taken in the EHR. Nothing was booked. Press Reschedule and pick another.",
    "booking_manual": "The EHR does not take the booking for case {number}. Nothing was booked. Book it in the EHR, then close the case.",
}
known_channels: dict[
    tuple[UUID, str], tuple[float, ChannelFacts]
] = {}  # when asked (machine time), and what Slack said
CHANNEL_FACTS_S = 120
HELD_S = 5.0  # brought forward when Slack is back
STALE_AFTER = 5  # tries: about two and a half minutes
HISTORY_PAGES = 20
LOOK_AGAIN_S = 10


def sweep(deps: Deps, org: UUID, row: Leased) -> None:
    """Cards of open cases that are gone from a channel (deleted by hand, or never arrived) are promised anew."""
    channel = row.key
    with deps.db.begin(org=org) as session:
        believed = reconciling_cards.standing(session, channel)
    if not believed:
        return
    since_s = min(float(one.ts) for one in believed) - 1
    seen, oldest = deps.vendors.slack(org).standing(channel, since_s=since_s, pages=HISTORY_PAGES)
    with deps.db.begin(org=org) as session:
        reconciling_cards.promise_gone(session, believed, seen=seen, oldest=oldest)


def probe(deps: Deps, org: UUID, _row: Leased) -> None:
    """Ask Slack for a sign of life. Whatever it answers, a refusal too, it answers."""
    try:
        deps.vendors.slack(org).ping()
    except (Temporary, Unknown) as error:
        if error.silent:
            with deps.db.begin(org=org) as session:
                outages.failed(session, outages.SLACK)
            return
    except (Permanent, Misconfigured) as error:
        log.get().warning("slack.refuses", error=type(error).__name__)
    with deps.db.begin(org=org) as session:
        outages.answered(session, outages.SLACK)


def card(deps: Deps, org: UUID, row: Leased) -> None:
    """Bring a case's card up to date; post it when it is not there, after looking for a post whose answer was lost."""
    with deps.db.begin(org=org) as session:
        if outages.holds(session, outages.SLACK):
            raise Temporary("Slack is down; a sign of life comes first", retry_after_s=HELD_S)
        plan = sync.plan(session, UUID(row.key))
    slack = deps.vendors.slack(org)
    try:
        ts = _in_turn(deps, org, plan, urgent=row.lane is Lane.SAFETY)
    except (Permanent, Misconfigured) as error:
        _tell_of(deps, org, plan.channel, error.code)
        raise
    for channel, other in plan.elsewhere:
        slack.update(channel, other, plan.moved)
    with deps.db.begin(org=org) as session:
        sync.posted(session, plan, ts)
        paging.shown(session, plan.case_id)
        if plan.troubled:  # it takes cards again, so it seems
            channel_checks.look(session, plan.channel, delay_s=LOOK_AGAIN_S)


def _tell_of(deps: Deps, org: UUID, channel: str, code: str) -> None:
    """What a refused post says of its channel: the next card goes where it can be seen."""
    problem = channel_checks.CODES.get(code)
    if problem is not None:
        known_channels.pop((org, channel), None)
        with deps.db.begin(org=org) as session:
            channel_checks.found(session, channel, problem)


def refused(deps: Deps, org: UUID, case_id: str) -> None:
    """A card cannot be shown where its team works: whoever can mend that is told."""
    with deps.db.begin(org=org) as session:
        slack_refusals.card_refused(session, UUID(case_id))


def cut_off(deps: Deps, org: UUID) -> None:
    """Slack refuses our token: an admin hears of it by phone, and a new token counts as soon as it is there.

    An install by OAuth is asked about first: what Slack tells of an earlier one must not end the one that stands.
    """
    deps.vendors.forget("slack", org)
    held = deps.vendors.slack_access.held(org)
    if held is not None:
        with deps.db.begin(org=held.owner) as session:
            outbox.put(session, Topic.SLACK_CHECK, held.access.id, lane=Lane.SAFETY)
        return
    with deps.db.begin(org=org) as session:
        if not slack_installs.is_cut(session):
            slack_refusals.cut_off(session)


def whisper(deps: Deps, org: UUID, row: Leased) -> None:
    """Tell one person something about a case, in its channel, only they see; what waited for minutes is not said any more."""
    if row.attempts > STALE_AFTER:
        log.get().info("whisper.stale", outbox=row.id)
        return
    with deps.db.begin(org=org) as session:
        case = cases.get(session, UUID(row.payload["case"]))
        channel = sync.channel_of(session, case)
        user = staff.slack_id(session, UUID(row.payload["to"]))
        said = SAY[row.payload["say"]].format(number=case.number)
    if user is not None:
        deps.vendors.slack(org).whisper(channel, user, said)


def _in_turn(deps: Deps, org: UUID, plan: sync.CardPlan, *, urgent: bool) -> str:
    """At most a post a second in a channel, red flags first; when Slack asks to wait, nobody asks it the same before."""
    if plan.stands:
        return str(plan.ts)
    what = "chat.update" if plan.ts else f"post:{plan.channel}"
    wait = deps.pacer.turn(org, what, urgent=urgent)
    if wait > 0:
        _not_begun(deps, org, plan)
        raise Temporary("other cards come first", retry_after_s=wait)
    try:
        return _readable(deps, org, plan)
    except Temporary as error:
        if error.throttled:
            deps.pacer.hold(org, what, error.retry_after_s or 1)
            _not_begun(deps, org, plan)
        raise


def _not_begun(deps: Deps, org: UUID, plan: sync.CardPlan) -> None:
    with deps.db.begin(org=org) as session:
        sync.not_begun(session, plan)


def _readable(deps: Deps, org: UUID, plan: sync.CardPlan) -> str:
    """The card's ts; in one plain line when Slack refuses what it is made of."""
    slack = deps.vendors.slack(org)
    try:
        return _bring(deps, slack, org, plan)
    except Permanent as error:
        if error.code not in NOT_SHOWN:
            raise
        log.get().error("card.plain", case=show("cas", plan.case_id), code=error.code)
        return _bring(deps, slack, org, sync.plain(plan))


def _bring(deps: Deps, slack: Gateway, org: UUID, plan: sync.CardPlan) -> str:
    """The card's ts, once it says what the plan says. Permanent when Slack refuses; Temporary when it was deleted."""
    if plan.ts is None:
        return _post(slack, org, plan)
    try:
        slack.update(plan.channel, plan.ts, plan.message)
    except Permanent as error:
        if error.code not in GONE:
            raise
        with deps.db.begin(org=org) as session:
            sync.lost(session, plan)
        raise Temporary("the card is gone; it is posted again", retry_after_s=0) from error
    return plan.ts


def _post(slack: Gateway, org: UUID, plan: sync.CardPlan) -> str:
    _refuse_open_channel(slack, org, plan.channel)
    case_id = show("cas", plan.case_id)
    if plan.posting_since is not None:
        found = slack.find_post(plan.channel, case_id, since=plan.posting_since)
        if found is not None:
            slack.update(plan.channel, found, plan.message)
            return found
    try:
        return slack.post(plan.channel, plan.message, metadata={"case_id": case_id})
    except Unknown as error:
        log.get().warning("card.unanswered", case=case_id)
        raise Temporary("the post may have been made; it is looked up first", retry_after_s=1) from error


def _refuse_open_channel(slack: Gateway, org: UUID, channel: str) -> None:
    """P2: cases are never shown in a public or shared channel."""
    read_at, facts = known_channels.get((org, channel), (0.0, None))
    if facts is None or clock.monotonic() - read_at > CHANNEL_FACTS_S:
        facts = slack.channel_facts(channel)
        known_channels[(org, channel)] = (clock.monotonic(), facts)
    if facts.problem:
        raise Misconfigured(
            "a team's channel is public, shared or archived, or the bot is not in it: its cards are held back",
            fix="Bind the team to a private channel of this workspace and invite the bot.",
            code=facts.problem,
        )
