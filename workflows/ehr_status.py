"""How the EHR is doing, from our own rows: when the mirror was read, what the server does not serve, what waits to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core import clock
from storage.db import org_of
from storage.tables import Case, EhrFeed

WRITES = ("ehr.task", "ehr.book", "ehr.confirm")
WAITING = text(
    "SELECT count(*) FILTER (WHERE state IN ('due', 'leased')), count(*) FILTER (WHERE state IN ('due', 'leased') AND attempts > 0) "
    "FROM outbox WHERE org_id = :org AND topic = ANY(:topics) AND state IN ('due', 'leased')"
)
GIVEN_UP = text("SELECT count(*) FROM outbox WHERE org_id = :org AND topic = ANY(:topics) AND state = 'dead'")


@dataclass(frozen=True, slots=True)
class Feed:
    """One resource type of the mirror: `age` since it was last read; `served` False when the server said that it has none."""

    resource: str
    age: timedelta | None
    served: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Machine time throughout. `trying_again` are those of `waiting` that failed at least once; `given_up` is of all time."""

    feeds: Sequence[Feed]
    waiting: int
    trying_again: int
    given_up: int
    manual: int


def of(session: Session) -> Status:
    """Three counts and the feeds, the one read longest ago first."""
    at = clock.machine()
    rows = session.scalars(select(EhrFeed).where(EhrFeed.org_id == org_of(session)))
    feeds = [
        Feed(row.resource, at - row.read_at if row.read_at else None, served=row.refused_at is None) for row in rows
    ]
    asked = {"org": org_of(session), "topics": list(WRITES)}
    waiting, again = session.execute(WAITING, asked).one()
    by_hand = select(func.count()).where(
        Case.org_id == org_of(session), Case.state != "closed", Case.writeback == "manual"
    )
    return Status(
        feeds=sorted(feeds, key=lambda feed: (-(feed.age or timedelta(0)), feed.resource)),
        waiting=int(waiting),
        trying_again=int(again),
        given_up=int(session.scalar(GIVEN_UP, asked) or 0),
        manual=int(session.scalar(by_hand) or 0),
    )
