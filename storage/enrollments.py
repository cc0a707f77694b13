"""Enrollments as a batch moves them: one statement writes where all of them stand."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import Enrollment

MOVED = {
    "state": "text", "step": "text", "touches": "int", "entered_at": "timestamptz", "wake_at": "timestamptz", "wake_local": "text",
    "paused_for": "text", "routing": "text", "outcome": "text", "ended_at": "timestamptz", "reach": "text", "choice": "int",
    "score": "int", "named_at": "timestamptz", "completion": "text", "version": "int",
}  # fmt: skip
KEEP = text(
    f"""
    UPDATE enrollments e SET {", ".join(f"{name} = moved.{name}" for name in MOVED)}
    FROM unnest(CAST(:id AS uuid[]), {", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in MOVED.items())})
        AS moved (id, {", ".join(MOVED)})
    WHERE e.org_id = :org AND e.id = moved.id
    """  # noqa: S608 - made of the names above alone
)


def keep(session: Session, rows: Sequence[Enrollment]) -> None:
    """Write where these enrollments stand. They are locked, and taken out of the session, so that nothing else writes them."""
    if not rows:
        return
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in ("id", *MOVED)}
    session.execute(KEEP, {"org": org_of(session)} | columns)
