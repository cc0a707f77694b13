"""The weekly digest: message and breakdowns. Its charts are a promise of their own, so that the text waits for none."""

from uuid import UUID

from sqlalchemy.orm import Session

from bot import digest_pictures, digest_sync
from bot.digest_sync import DigestPlan
from bot.gateway import Gateway
from bot.pictures.paper import Picture
from core import log
from core.errors import Misconfigured, Permanent, Temporary, Unknown
from core.ids import show
from handlers.deps import Deps
from handlers.effects import gallery
from storage.outbox import Leased
from workflows import channel_checks, local_days, outages, weekly
from workflows.kpis import rounds, states

HELD_S = 5.0


def post(deps: Deps, org: UUID, row: Leased) -> None:
    """Bring one digest where it belongs; what stands there already is not told again."""
    with deps.db.begin(org=org) as session:
        if outages.holds(session, outages.SLACK):
            raise Temporary("Slack is down; a sign of life comes first", retry_after_s=HELD_S)
        counted = _counted(session)
    if not counted:
        raise Temporary("the counts of today come first", retry_after_s=HELD_S)
    with deps.db.begin(org=org) as session:
        plan = digest_sync.plan(session, UUID(row.key))
    if plan is None:
        return
    slack = deps.vendors.slack(org)
    try:
        channel = _channel(slack, plan)
        ts = plan.post.ts or _message(deps, org, plan, channel=channel)
    except (Permanent, Misconfigured) as error:
        if plan.post.receiver != weekly.MANAGERS or plan.post.direct or error.code not in channel_checks.CODES:
            raise
        log.get().warning("digest.elsewhere", code=error.code)
        with deps.db.begin(org=org) as session:
            weekly.instead(session, plan.post)
        return
    _thread(deps, org, plan, channel=channel, ts=ts, tried=row.attempts > 1)


def _counted(session: Session) -> bool:
    """The counts are of today; else they are asked for."""
    at = states.as_of(session)
    if at is not None and at.astimezone(local_days.zone(session)).date() >= local_days.today(session):
        return True
    rounds.ask(session)
    return False


def pictures(deps: Deps, org: UUID, row: Leased) -> None:
    """Show the charts in the digest's thread; drawn from what is true now, once."""
    with deps.db.begin(org=org) as session:
        found = weekly.begin(session, UUID(row.key))
    if found is None or found.ts is None:
        return
    slack = deps.vendors.slack(org)
    channel = slack.direct(found.channel) if found.direct else found.channel

    def draw() -> list[Picture]:
        with deps.db.begin(org=org) as session:
            digest = digest_sync.gathered(session, found, pictured=True)
        return digest_pictures.draw(digest, digest_pictures.IN_THREAD)

    about = f"{show('dig', found.id)}:charts"
    gallery.show(deps, org, row, gallery.Place(channel, found.ts, about), draw=draw)


def _channel(slack: Gateway, plan: DigestPlan) -> str:
    """Figures by team and person go to no channel that others read."""
    if plan.post.direct:
        return slack.direct(plan.post.channel)
    if plan.digest.owners and (problem := slack.channel_facts(plan.post.channel).problem):
        raise Permanent("the managers' channel is not private to them", code=problem)
    return plan.post.channel


def _message(deps: Deps, org: UUID, plan: DigestPlan, *, channel: str) -> str:
    """Its ts; a post whose answer was lost is looked for first, but in direct messages: we may read none, and a second one does no harm."""
    slack = deps.vendors.slack(org)
    found = None
    if plan.post.since is not None and not plan.post.direct:
        found = slack.find_post(channel, plan.name, since=plan.post.since)
    if found is None:
        _turn(deps, org, channel)
        try:
            found = slack.post(channel, plan.message, metadata={"case_id": plan.name})
        except Unknown as error:
            raise Temporary("the digest may be there; it is looked for first", retry_after_s=1) from error
    with deps.db.begin(org=org) as session:
        weekly.posted(session, plan.post.id, found)
    return found


def _thread(deps: Deps, org: UUID, plan: DigestPlan, *, channel: str, ts: str, tried: bool) -> None:
    slack = deps.vendors.slack(org)
    for number, message in enumerate(plan.thread):
        part = f"part_{number}"
        if part in plan.post.parts:
            continue
        about = f"{plan.name}:{number}"
        if plan.post.direct or not (tried and slack.find_reply(channel, ts, about)):
            _turn(deps, org, channel)
            try:
                slack.post(channel, message, metadata={"case_id": about}, thread_ts=ts)
            except Unknown as error:
                raise Temporary("a breakdown may be there; it is looked for first", retry_after_s=1) from error
        with deps.db.begin(org=org) as session:
            weekly.told(session, plan.post.id, part)


def _turn(deps: Deps, org: UUID, channel: str) -> None:
    """At most a post a second in a channel, after the cards."""
    wait = deps.pacer.turn(org, f"post:{channel}", urgent=False)
    if wait > 0:
        raise Temporary("other posts come first", retry_after_s=wait)
