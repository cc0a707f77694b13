"""Notices to the teams' channels that are about no case: posted once each, redrawn from what is true when they are sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from storage import outbox
from storage.db import org_of
from storage.outbox import Lane, Promise, Topic
from storage.tables import NoticePost, Team


def tell_teams(session: Session, kind: str, subject_id: UUID) -> None:
    """Promise the notice, or its redrawing, in the channel of every team."""
    channels = session.scalars(select(Team.channel_id).where(Team.org_id == org_of(session)).distinct())
    promises = [Promise(Topic.NOTICE_SYNC, f"{kind}:{subject_id}:{channel}", Lane.ACTIONS) for channel in channels]
    outbox.put_all(session, promises)


def each_channel(session: Session, topic: Topic) -> None:
    """Promise this effect once for the channel of every team."""
    channels = session.scalars(select(Team.channel_id).where(Team.org_id == org_of(session)).distinct())
    outbox.put_all(session, [Promise(topic, channel, Lane.ACTIONS) for channel in channels])


def tell(session: Session, kind: str, subject_id: UUID, *, channel: str) -> None:
    """Promise the notice, or its redrawing, in one channel."""
    outbox.put(session, Topic.NOTICE_SYNC, f"{kind}:{subject_id}:{channel}", lane=Lane.ACTIONS)


def standing(session: Session, kind: str, subject_id: UUID) -> list[str]:
    """Channels in which this notice stands."""
    here = (NoticePost.org_id == org_of(session)) & (NoticePost.kind == kind) & (NoticePost.subject_id == subject_id)
    return list(session.scalars(select(NoticePost.channel).where(here)))


def post_of(session: Session, kind: str, subject_id: UUID, channel: str) -> tuple[str | None, datetime | None]:
    """(ts, since): where the notice stands, or since when (machine time) a first post may have been lost; marks a first post as begun."""
    key = {"org_id": org_of(session), "kind": kind, "subject_id": subject_id, "channel": channel}
    begun = session.scalar(
        insert(NoticePost)
        .values(posting_since=clock.machine(), **key)
        .on_conflict_do_nothing()
        .returning(NoticePost.id)
    )
    if begun is not None:
        return None, None
    row = session.scalars(select(NoticePost).filter_by(**key)).one()
    return row.ts, row.posting_since


def posted(session: Session, kind: str, subject_id: UUID, *, channel: str, ts: str | None) -> None:
    """It stands there now; None when it is gone and shall be posted anew."""
    where = (NoticePost.org_id == org_of(session)) & (NoticePost.kind == kind) & (NoticePost.subject_id == subject_id)
    session.execute(update(NoticePost).where(where, NoticePost.channel == channel).values(ts=ts))
