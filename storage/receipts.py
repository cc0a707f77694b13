"""Stored once: what an outside system sends twice has one effect."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.db import new_id, now, org_of, vault
from storage.tables import Event, Receipt

MARK = text(
    "INSERT INTO receipts (org_id, source, external_id, received_at) VALUES (:org, :source, :id, :at) ON CONFLICT DO NOTHING RETURNING true"
)


def first(session: Session, source: str, external_id: str) -> bool:
    """True the first time this source says this id; the mark commits with the effect."""
    said = {"org": org_of(session), "source": source, "id": external_id, "at": now(session)}
    return session.execute(MARK, said).first() is not None


def known(session: Session, source: str, external_id: str) -> bool:
    """Whether this source has said this id."""
    found = select(Receipt.external_id).where(
        Receipt.org_id == org_of(session), Receipt.source == source, Receipt.external_id == external_id
    )
    return session.scalar(found) is not None


def keep(
    session: Session, source: str, external_id: str, *, kind: str, payload: str, occurred_at: datetime | None = None
) -> UUID:
    """Keep what was said, sealed, append-only."""
    row = new_id(session)
    session.execute(
        insert(Event).values(
            org_id=org_of(session),
            id=row,
            source=source,
            external_id=external_id,
            kind=kind,
            occurred_at=occurred_at,
            received_at=now(session),
            payload=vault(session).seal(payload, "events.payload", row),
        )
    )
    return row
