"""Systems that may read figures, each with a token of its own. A token that starts programs reads none, and these start none."""

import re
import secrets
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import FigureReader, Route
from workflows.sources import hash_of

__all__ = ["ROUTE", "add", "hash_of", "listed", "of_token", "revoke"]

ROUTE = "figures.token"
NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")


def add(session: Session, name: str, *, sees_owners: bool, actor: str) -> str:
    """Create a reader and return its token, which is shown this once. Refused for a name that is taken or cannot be one."""
    if not NAME.fullmatch(name):
        raise Refused("A reader is named in small letters, digits, - and _. Nothing was changed.")
    token = secrets.token_urlsafe(32)
    hashed = hash_of(token)
    row = insert(FigureReader).values(
        org_id=org_of(session), name=name, token_hash=hashed, sees_owners=sees_owners, created_at=now(session)
    )
    made = session.scalar(row.on_conflict_do_nothing(index_elements=["org_id", "name"]).returning(FigureReader.id))
    if made is None:
        raise Refused(f"There is a reader '{name}' already. Name this one otherwise. Nothing was changed.")
    session.execute(insert(Route).values(kind=ROUTE, key=hashed, org_id=org_of(session)))
    owners = "yes" if sees_owners else "no"
    audit.record(session, "figure_reader.added", actor=actor, subject=("reader", name), owners=owners)
    return token


def revoke(session: Session, name: str, *, actor: str) -> None:
    """Its token is refused from now on. Refused when there is no such reader."""
    done = session.execute(
        update(FigureReader)
        .where(FigureReader.org_id == org_of(session), FigureReader.name == name, FigureReader.revoked_at.is_(None))
        .values(revoked_at=now(session))
        .returning(FigureReader.id)
    ).first()
    if done is None:
        raise Refused(f"There is no live reader '{name}' here. Nothing was changed.")
    audit.record(session, "figure_reader.revoked", actor=actor, subject=("reader", name))


def listed(session: Session) -> Sequence[FigureReader]:
    """Every reader by name, the revoked ones too."""
    found = select(FigureReader).where(FigureReader.org_id == org_of(session)).order_by(FigureReader.name)
    return session.scalars(found).all()


def of_token(session: Session, hashed: str) -> FigureReader | None:
    """The live reader of a token's hash, or None."""
    mine = (FigureReader.org_id == org_of(session)) & (FigureReader.token_hash == hashed)
    return session.scalar(select(FigureReader).where(mine, FigureReader.revoked_at.is_(None)))
