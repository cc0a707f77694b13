"""A case changed: its event, the audit row, a look by the clock and the promises that follow, in one statement for every click."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.ids import show
from storage import outbox
from storage.db import now, org_of
from storage.outbox import Promise

# MATERIALIZED: the lock is taken before the audit's row gets its number, see `audit.seal`
_TOLD = """
    writing AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended('audit' || CAST(:org AS text), 0)) FROM moved),
    happened AS (INSERT INTO case_events (org_id, case_id, at, what, staff_id, detail)
                 SELECT CAST(:org AS uuid), id, :at, :what, :staff_id, :detail FROM moved),
    kept AS (INSERT INTO audit (org_id, at, actor, action, subject_kind, subject_id, detail)
             SELECT CAST(:org AS uuid), :at, :actor, 'case.' || CAST(:what AS text), 'case', :subject, CAST(:said AS jsonb)
             FROM writing),
    watched AS (INSERT INTO sla_timers (org_id, case_id, at) SELECT CAST(:org AS uuid), id, :at FROM moved
             ON CONFLICT (org_id, case_id) DO UPDATE SET at = excluded.at),
    promised AS (INSERT INTO outbox (org_id, topic, key, lane, payload, not_before)
             SELECT CAST(:org AS uuid), topic, key, lane, payload::jsonb, clock_timestamp() + make_interval(secs => delay)
             FROM moved, unnest(CAST(:topics AS text[]), CAST(:keys AS text[]), CAST(:lanes AS text[]),
                                CAST(:payloads AS text[]), CAST(:delays AS float8[])) AS new (topic, key, lane, payload, delay)
             ON CONFLICT (org_id, topic, key) WHERE state = 'due'
             DO UPDATE SET payload = excluded.payload, not_before = least(outbox.not_before, excluded.not_before))
"""
WRITE = text(f"WITH moved AS (SELECT CAST(:case_id AS uuid) AS id), {_TOLD} SELECT id FROM moved")  # noqa: S608 - constants
CLAIM = text(
    f"""
    WITH moved AS (
        UPDATE cases SET owner_id = :staff_id, state = 'claimed', claimed_at = :at, writeback = 'pending', version = version + 1
        WHERE org_id = CAST(:org AS uuid) AND id = CAST(:case_id AS uuid) AND owner_id IS NULL AND state = 'open'
        RETURNING id, owner_id, state, claimed_at, writeback, version
    ), {_TOLD}
    SELECT owner_id, state, claimed_at, writeback, version FROM moved
    """  # noqa: S608 - constants
)

KEEP = text(
    f"""
    WITH moved AS (
        UPDATE cases SET owner_id = owner_id
        WHERE org_id = CAST(:org AS uuid) AND id = CAST(:case_id AS uuid) AND owner_id = :owner AND state <> 'closed'
        RETURNING id
    ), {_TOLD}
    SELECT id FROM moved
    """  # noqa: S608 - constants
)


def write(
    session: Session,
    case_id: UUID,
    what: str,
    *,
    actor: str,
    promises: Sequence[Promise],
    staff_id: UUID | None = None,
    detail: str | None = None,
) -> None:
    """`what` happened to a case (a code, past tense), by `actor` as the audit names them; `detail` is a code."""
    told = _told(session, case_id, what, actor=actor, promises=promises)
    session.execute(WRITE, told | {"staff_id": staff_id, "detail": detail, "said": _said(detail)})
    outbox.ring(session, promises)


def claim(session: Session, case_id: UUID, *, owner: UUID, actor: str, promises: Sequence[Promise]) -> Row[Any] | None:
    """Take an open case that is nobody's, and tell of it: the columns it changed; None, and nothing told, when somebody was faster."""
    told = _told(session, case_id, "claimed", actor=actor, promises=promises)
    won = session.execute(CLAIM, told | {"staff_id": owner, "detail": None, "said": _said(None)}).one_or_none()
    if won is not None:
        outbox.ring(session, promises)
    return won


def keep(session: Session, case_id: UUID, *, owner: UUID | None, by: UUID, actor: str) -> bool:
    """Tell that `owner` is still on the case; False, and nothing told, when it is not theirs any more or closed."""
    told = _told(session, case_id, "kept", actor=actor, promises=())
    said = {"owner": owner, "staff_id": by, "detail": None, "said": _said(None)}
    return session.execute(KEEP, told | said).one_or_none() is not None


def _told(session: Session, case_id: UUID, what: str, *, actor: str, promises: Sequence[Promise]) -> dict[str, Any]:
    about = {"case_id": case_id, "at": now(session), "what": what, "actor": actor, "subject": show("cas", case_id)}
    return {"org": org_of(session)} | about | outbox.columns(promises)


def _said(detail: str | None) -> str:
    return json.dumps({"detail": detail} if detail is not None else {})
