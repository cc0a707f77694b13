"""Systems that may send triggers: each with a token of its own, the programs it may start, and an owner for its events."""

import hashlib
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import ProgramRow, Route, TriggerSource

ROUTE = "trigger.token"
RESERVED = frozenset({"ehr", "staff", "campaign", "cohort", "window"})
NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")


def add(session: Session, name: str, *, programs: Sequence[str], owner: str, actor: str) -> str:
    """Create a source and return its token, which is shown this once. Refused for a taken name or an unknown program."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise Refused(
            "A source is named in small letters, digits, - and _, and not like one of ours. Nothing was changed."
        )
    known = set(session.scalars(select(ProgramRow.code).where(ProgramRow.org_id == org_of(session))))
    unknown = sorted(set(programs) - known)
    if unknown or not programs:
        raise Refused(f"There is no program {', '.join(unknown) or '(none named)'} here. Nothing was changed.")
    token = secrets.token_urlsafe(32)
    hashed = hash_of(token)
    row = insert(TriggerSource).values(
        org_id=org_of(session),
        name=name,
        token_hash=hashed,
        programs=sorted(set(programs)),
        owner=owner,
        created_at=now(session),
    )
    made = session.scalar(row.on_conflict_do_nothing(index_elements=["org_id", "name"]).returning(TriggerSource.id))
    if made is None:
        raise Refused(
            f"There is a source '{name}' already. Revoke it, or name this one otherwise. Nothing was changed."
        )
    session.execute(insert(Route).values(kind=ROUTE, key=hashed, org_id=org_of(session)))
    audit.record(session, "source.added", actor=actor, subject=("source", name), programs=",".join(sorted(programs)))
    return token


def revoke(session: Session, name: str, *, actor: str) -> None:
    """Its token is refused from now on; what it sent before stays. Refused when there is no such source."""
    done = session.execute(
        update(TriggerSource)
        .where(TriggerSource.org_id == org_of(session), TriggerSource.name == name, TriggerSource.revoked_at.is_(None))
        .values(revoked_at=now(session))
        .returning(TriggerSource.id)
    ).first()
    if done is None:
        raise Refused(f"There is no live source '{name}' here. Nothing was changed.")
    audit.record(session, "source.revoked", actor=actor, subject=("source", name))


def listed(session: Session) -> Sequence[TriggerSource]:
    """Every source by name, the revoked ones too."""
    found = select(TriggerSource).where(TriggerSource.org_id == org_of(session)).order_by(TriggerSource.name)
    return session.scalars(found).all()


def of_token(session: Session, hashed: str) -> TriggerSource | None:
    """The live source of a token's hash, or None."""
    return session.scalar(
        select(TriggerSource).where(
            TriggerSource.org_id == org_of(session),
            TriggerSource.token_hash == hashed,
            TriggerSource.revoked_at.is_(None),
        )
    )


def hash_of(token: str) -> str:
    """How a token is kept: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
