"""How far the polling of each EHR resource type has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from storage.db import org_of
from storage.tables import EhrFeed

OVERLAP = timedelta(minutes=5)
ASK_AGAIN = timedelta(hours=1)


def since(session: Session, resource: str) -> datetime | None:
    """From when to ask: five minutes before the highest lastUpdated seen, since servers show changes late; None at first."""
    mark = session.scalar(
        select(EhrFeed.watermark).where(EhrFeed.org_id == org_of(session), EhrFeed.resource == resource)
    )
    return mark - OVERLAP if mark else None


def seen(session: Session, resource: str, updated: Sequence[str]) -> None:
    """Advance to the highest lastUpdated of what came (ISO), never to our own now."""
    stamps = [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in updated if text]
    highest = max(stamps, default=None)
    row = insert(EhrFeed).values(org_id=org_of(session), resource=resource, watermark=highest, read_at=clock.machine())
    changes = {"read_at": clock.machine()} | ({"watermark": highest} if highest else {})
    session.execute(row.on_conflict_do_update(index_elements=["org_id", "resource"], set_=changes))


def read_at(session: Session, resource: str) -> datetime | None:
    """When this feed last answered (machine time)."""
    return session.scalar(
        select(EhrFeed.read_at).where(EhrFeed.org_id == org_of(session), EhrFeed.resource == resource)
    )


def refused(session: Session, resource: str) -> None:
    """The server says that it does not serve this type (machine time); it is asked again after a while."""
    row = insert(EhrFeed).values(org_id=org_of(session), resource=resource, refused_at=clock.machine())
    session.execute(
        row.on_conflict_do_update(index_elements=["org_id", "resource"], set_={"refused_at": clock.machine()})
    )


def due(session: Session, kinds: Sequence[str], *, every_s: float) -> list[str]:
    """Which of these types have not been read for so long (seconds of machine time); one the server refused waits an hour."""
    found = select(EhrFeed.resource, EhrFeed.read_at, EhrFeed.refused_at).where(EhrFeed.org_id == org_of(session))
    known = {row.resource: row for row in session.execute(found)}
    now = clock.machine()

    def rests(kind: str) -> bool:
        row = known.get(kind)
        if row is None:
            return False
        if row.refused_at is not None and now - row.refused_at < ASK_AGAIN:
            return True
        return row.read_at is not None and (now - row.read_at).total_seconds() < every_s

    return [kind for kind in kinds if not rests(kind)]
