"""The thread of a card: the patient's answers are told there, and taken away when the case is closed."""

from uuid import UUID

from sqlalchemy import select, update

from bot import thread
from core import clock, log
from core.errors import Permanent, Temporary, Unknown
from core.ids import show
from handlers.deps import Deps
from storage import threads as repeated
from storage.db import org_of
from storage.outbox import Leased
from storage.tables import ThreadPost
from workflows import cases, privacy

GONE = frozenset({"message_not_found", "cant_delete_message", "channel_not_found", "is_archived", "not_in_channel"})


def post(deps: Deps, org: UUID, row: Leased) -> None:
    """Tell the thread of one text, once: a post whose answer was lost is looked for before it is made again."""
    with deps.db.begin(org=org) as session:
        plan = thread.plan(session, UUID(row.payload["case"]), UUID(row.key))
    if plan is None or plan.posted:
        return
    if plan.thread_ts is None:
        raise Temporary("the card is not posted yet", retry_after_s=2)
    slack, name = deps.vendors.slack(org), show("msg", plan.message_id)
    ts = slack.find_reply(plan.channel, plan.thread_ts, name) if plan.posting_since is not None else None
    if ts is None:
        try:
            ts = slack.post(plan.channel, plan.message, metadata={"case_id": name}, thread_ts=plan.thread_ts)
        except Unknown as error:
            log.get().warning("thread.unanswered", case=show("cas", plan.case_id))
            raise Temporary("the post may have been made; it is looked up first", retry_after_s=1) from error
    with deps.db.begin(org=org) as session:
        mine = (ThreadPost.org_id == org_of(session)) & (ThreadPost.case_id == plan.case_id)
        session.execute(update(ThreadPost).where(mine, ThreadPost.message_id == plan.message_id).values(ts=ts))
        case = cases.get(session, plan.case_id)
        if case.state == "closed" or privacy.level(session, case) != "full":  # since we began to post
            repeated.clear(session, case.id)


def clear(deps: Deps, org: UUID, row: Leased) -> None:
    """Delete what the thread of a case repeats of the patient's words; one that is gone already is as good."""
    with deps.db.begin(org=org) as session:
        held = select(ThreadPost.id, ThreadPost.channel, ThreadPost.ts).where(
            ThreadPost.org_id == org_of(session),
            ThreadPost.case_id == UUID(row.key),
            ThreadPost.holds_body,
            ThreadPost.removed_at.is_(None),
            ThreadPost.ts.is_not(None),
        )
        posts = [(post_id, channel, str(ts)) for post_id, channel, ts in session.execute(held)]
    slack = deps.vendors.slack(org)
    for post_id, channel, ts in posts:
        try:
            slack.delete(channel, ts)
        except Permanent as error:
            if error.code not in GONE:
                raise
        with deps.db.begin(org=org) as session:
            where = (ThreadPost.org_id == org_of(session)) & (ThreadPost.id == post_id)
            session.execute(update(ThreadPost).where(where).values(removed_at=clock.machine()))
