"""Who did what to which record. Rows are inserted unchained; the clock seals them in order into a hash chain per organisation."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import AuditRow, AuditSeal

GENESIS = b"\0" * 32
SEALER_WAITS = "250ms"  # for transactions that have written; those that come meanwhile wait behind it
RECORD = text(  # MATERIALIZED: the lock is taken before the row gets its number, see `seal`
    """
    WITH writing AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended('audit' || CAST(:org AS text), 0)))
    INSERT INTO audit (org_id, at, actor, action, subject_kind, subject_id, detail)
    SELECT CAST(:org AS uuid), :at, :actor, :action, :kind, :subject, CAST(:detail AS jsonb) FROM writing
    """
)
RECORD_MANY = text(
    """
    WITH writing AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended('audit' || CAST(:org AS text), 0)))
    INSERT INTO audit (org_id, at, actor, action, subject_kind, subject_id, detail)
    SELECT CAST(:org AS uuid), :at, :actor, :action, :kind, subject, CAST(:detail AS jsonb)
    FROM writing, unnest(CAST(:subjects AS text[])) AS subject
    """
)
SEALER = "SELECT pg_advisory_xact_lock(hashtextextended('audit' || :org, 0))"


def record(
    session: Session, action: str, *, actor: str, subject: tuple[str, UUID | str], **detail: str | int | None
) -> None:
    """Append one row. `actor` is "staff:<uuid>", "patient", "ehr", "provider" or "system"; `detail` holds codes and ids only."""
    kind, subject_id = subject
    session.execute(
        RECORD,
        {
            "org": org_of(session),
            "at": now(session),
            "actor": actor,
            "action": action,
            "kind": kind,
            "subject": str(subject_id),
            "detail": json.dumps({k: v for k, v in detail.items() if v is not None}),
        },
    )


def record_many(
    session: Session, action: str, *, actor: str, kind: str, subjects: Sequence[str], **detail: str | int | None
) -> None:
    """The same thing done to many records of one kind, a row each, in one statement."""
    if not subjects:
        return
    session.execute(
        RECORD_MANY,
        {
            "org": org_of(session),
            "at": now(session),
            "actor": actor,
            "action": action,
            "kind": kind,
            "subjects": list(subjects),
            "detail": json.dumps({k: v for k, v in detail.items() if v is not None}),
        },
    )


def seal(session: Session, *, most: int = 5000) -> int:
    """Chain what is not sealed yet, in order of the ids; returns how many rows were. 0 also while somebody is still writing.

    A row is numbered before it is committed, so a low id may appear after a high one was sealed and would never be chained.
    Writers therefore share a lock until their transaction ends, and the sealer takes it alone: then every number given out is
    there to see, or never will be. It also lets one sealer in at a time.
    """
    org = org_of(session)
    if not _alone(session):
        return 0
    last = session.execute(
        select(AuditSeal).where(AuditSeal.org_id == org).order_by(AuditSeal.seq.desc()).limit(1)
    ).scalar_one_or_none()
    rows = list(
        session.scalars(
            select(AuditRow)
            .where(AuditRow.org_id == org, AuditRow.id > (last.to_id if last else 0))
            .order_by(AuditRow.id)
            .limit(most)
        )
    )
    if not rows:
        return 0
    session.add(
        AuditSeal(
            org_id=org,
            seq=(last.seq if last else 0) + 1,
            from_id=last.to_id + 1 if last else 1,  # no gap between seals, or a row could be slipped in there
            to_id=rows[-1].id,
            rows=len(rows),
            hash=_chain(last.hash if last else GENESIS, rows),
        )
    )
    session.flush()
    return len(rows)


def _alone(session: Session) -> bool:
    org, usual = str(org_of(session)), session.scalar(select(func.current_setting("lock_timeout")))
    try:
        with session.begin_nested():
            session.execute(select(func.set_config("lock_timeout", SEALER_WAITS, True)))
            session.execute(text(SEALER), {"org": org})
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return False
        raise
    session.execute(select(func.set_config("lock_timeout", usual, True)))
    return True


def verify(session: Session) -> tuple[int, str | None]:
    """Recompute the chain: (rows verified, None), or the first fault in words. Rows not sealed yet are not counted."""
    org = org_of(session)
    link, count = GENESIS, 0
    for one in session.scalars(select(AuditSeal).where(AuditSeal.org_id == org).order_by(AuditSeal.seq)):
        rows = list(
            session.scalars(
                select(AuditRow)
                .where(AuditRow.org_id == org, AuditRow.id.between(one.from_id, one.to_id))
                .order_by(AuditRow.id)
            )
        )
        if len(rows) != one.rows:
            return count, f"seal {one.seq}: {one.rows} rows were sealed, {len(rows)} are there"
        link = _chain(link, rows)
        if link != one.hash:
            return count, f"seal {one.seq}: a row between {one.from_id} and {one.to_id} was changed"
        count += len(rows)
    return count, None


def of_subject(session: Session, kind: str, subject_id: UUID | str) -> Iterator[AuditRow]:
    """The rows about one record, oldest first."""
    found = select(AuditRow).where(
        AuditRow.org_id == org_of(session), AuditRow.subject_kind == kind, AuditRow.subject_id == str(subject_id)
    )
    yield from session.scalars(found.order_by(AuditRow.id))


def _chain(link: bytes, rows: list[AuditRow]) -> bytes:
    digest = hashlib.sha256(link)
    for row in rows:
        digest.update(_canonical(row))
    return digest.digest()


def _canonical(row: AuditRow) -> bytes:
    value: dict[str, Any] = {
        "id": row.id,
        "at": row.at.isoformat(),
        "machine_at": row.machine_at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": [row.subject_kind, row.subject_id],
        "detail": row.detail,
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
