"""Tokens of other systems: shown once, kept as a hash, found again by it. What one may do stands in its own table."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import FigureReader, Route, TriggerSource

NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")
Bearer = TypeVar("Bearer", FigureReader, TriggerSource)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Bearer]):
    """One table of bearers: `route` finds the organisation by a token's hash, `called` is what people say, `event` begins its audit."""

    table: type[Bearer]
    route: str
    called: str
    event: str

    def add(self, session: Session, name: str, *, actor: str, audited: dict[str, str], **values: Any) -> str:
        """Create one and return its token, which is shown this once. Refused for a name that is taken."""
        token = secrets.token_urlsafe(32)
        hashed = hash_of(token)
        row = insert(self.table).values(
            org_id=org_of(session), name=name, token_hash=hashed, created_at=now(session), **values
        )
        made = session.scalar(row.on_conflict_do_nothing(index_elements=["org_id", "name"]).returning(self.table.id))
        if made is None:
            raise Refused(f"There is a {self.called} '{name}' already. Name this one otherwise. Nothing was changed.")
        session.execute(insert(Route).values(kind=self.route, key=hashed, org_id=org_of(session)))
        audit.record(session, f"{self.event}.added", actor=actor, subject=(self.called, name), **audited)
        return token

    def revoke(self, session: Session, name: str, *, actor: str) -> None:
        """Its token is refused from now on; what it did before stays. Refused when there is none that is live."""
        live = (self.table.org_id == org_of(session)) & (self.table.name == name) & self.table.revoked_at.is_(None)
        done = session.execute(update(self.table).where(live).values(revoked_at=now(session)).returning(self.table.id))
        if done.first() is None:
            raise Refused(f"There is no live {self.called} '{name}' here. Nothing was changed.")
        audit.record(session, f"{self.event}.revoked", actor=actor, subject=(self.called, name))

    def listed(self, session: Session) -> Sequence[Bearer]:
        """Every one by name, the revoked ones too."""
        found = select(self.table).where(self.table.org_id == org_of(session)).order_by(self.table.name)
        return session.scalars(found).all()

    def of_token(self, session: Session, hashed: str) -> Bearer | None:
        """The live one of a token's hash, or None."""
        mine = (self.table.org_id == org_of(session)) & (self.table.token_hash == hashed)
        return session.scalar(select(self.table).where(mine, self.table.revoked_at.is_(None)))


def hash_of(token: str) -> str:
    """How a token is kept: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
