"""Marks that people or sources put on a patient, a payer or an account: what the human-owned queue goes by (S101, S102)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import now, org_of
from storage.tables import Tag

SUBJECTS = ("patient", "payer", "account")


def put(session: Session, subject: str, key: str, tag: str, *, by: str) -> bool:
    """Mark it; False when it was marked already."""
    _demand(subject)
    row = insert(Tag).values(org_id=org_of(session), subject=subject, key=key, tag=tag, by=by, since=now(session))
    done = session.execute(row.on_conflict_do_nothing().returning(Tag.id)).first() is not None
    if done:
        audit.record(session, "tag.put", actor=by, subject=(subject, _shown(subject, key)), tag=tag)
    return done


def drop(session: Session, subject: str, key: str, tag: str, *, by: str) -> bool:
    """Take the mark away; False when it was not there."""
    _demand(subject)
    mine = (Tag.org_id == org_of(session), Tag.subject == subject, Tag.key == key, Tag.tag == tag)
    done = session.execute(delete(Tag).where(*mine).returning(Tag.id)).first() is not None
    if done:
        audit.record(session, "tag.dropped", actor=by, subject=(subject, _shown(subject, key)), tag=tag)
    return done


def of(session: Session, patient_id: UUID, context: Mapping[str, object]) -> dict[str, datetime]:
    """{tag: since when} of the patient, and of the payer and account that the trigger's context names."""
    subjects = [("patient", str(patient_id))]
    subjects += [(kind, str(context[kind])) for kind in ("payer", "account") if context.get(kind)]
    found = select(Tag.tag, Tag.since).where(
        Tag.org_id == org_of(session), or_(*((Tag.subject == kind) & (Tag.key == key) for kind, key in subjects))
    )
    known = {row.tag: row.since for row in session.execute(found)}
    return {tag: now(session) for tag in _named(context)} | known


def _named(context: Mapping[str, object]) -> Iterable[str]:
    named = context.get("tags")
    return [str(tag) for tag in named] if isinstance(named, list) else []


def _shown(subject: str, key: str) -> str:
    return show("pat", UUID(key)) if subject == "patient" else key


def _demand(subject: str) -> None:
    if subject not in SUBJECTS:
        raise Refused(f"A tag is put on one of {', '.join(SUBJECTS)}. Nothing was changed.")
