"""What does not change while figures are read: read once a transaction, and forgotten as soon as facts or counts were written."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy.orm import Session

KEPT = "kpis"
Found = TypeVar("Found")


def once(session: Session, key: Hashable, read: Callable[[], Found]) -> Found:
    """What `read` found the first time it was asked for under this key."""
    known = session.info.setdefault(KEPT, {})
    if key not in known:
        known[key] = read()
    found: Found = known[key]
    return found


def forget(session: Session) -> None:
    """Facts or counts are other ones than they were."""
    session.info.pop(KEPT, None)
