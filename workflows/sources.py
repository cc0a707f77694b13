"""Systems that may send triggers: each with a token of its own, the programs it may start, and an owner for its events."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import ProgramRow, TriggerSource
from workflows import tokens
from workflows.tokens import Kind, hash_of

__all__ = ["KIND", "RESERVED", "ROUTE", "add", "hash_of", "listed", "of_token", "revoke"]

ROUTE = "trigger.token"
KIND = Kind(TriggerSource, ROUTE, called="source", event="source")
RESERVED = frozenset({"ehr", "staff", "campaign", "cohort", "window"})
listed, of_token, revoke = KIND.listed, KIND.of_token, KIND.revoke


def add(session: Session, name: str, *, programs: Sequence[str], owner: str, actor: str) -> str:
    """Create a source and return its token, which is shown this once. Refused for a taken name or an unknown program."""
    if not tokens.NAME.fullmatch(name) or name in RESERVED:
        raise Refused(
            "A source is named in small letters, digits, - and _, and not like one of ours. Nothing was changed."
        )
    known = set(session.scalars(select(ProgramRow.code).where(ProgramRow.org_id == org_of(session))))
    unknown = sorted(set(programs) - known)
    if unknown or not programs:
        raise Refused(f"There is no program {', '.join(unknown) or '(none named)'} here. Nothing was changed.")
    starts = sorted(set(programs))
    audited = {"programs": ",".join(sorted(programs))}
    return KIND.add(session, name, actor=actor, audited=audited, programs=starts, owner=owner)
