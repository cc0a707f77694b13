"""Enrollments as a batch moves them: one statement writes where all of them stand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import now, org_of
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

LEAVE = text(
    """
    UPDATE enrollment_steps SET left_at = :at, how = :how
    WHERE org_id = :org AND enrollment_id = ANY(CAST(:ids AS uuid[])) AND step = :step AND left_at IS NULL
    """
)
ENTER = text(
    """
    INSERT INTO enrollment_steps (org_id, enrollment_id, step, entered_at)
    SELECT :org, id, step, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:steps AS text[])) WITH ORDINALITY AS entered (id, step, place) ORDER BY place
    """
)


def keep(session: Session, rows: Sequence[Enrollment]) -> None:
    """Write where these enrollments stand. They are locked, and these columns are written by nothing else."""
    if not rows:
        return
    columns = {name: literal([getattr(row, name) for row in rows]) for name in ("id", *MOVED)}
    session.execute(KEEP, {"org": org_of(session)} | columns)


def left(session: Session, steps: Mapping[tuple[UUID, str], str]) -> None:
    """Close the history of steps that were left: by enrollment and step, how.

    A statement for each step and how, which are few in a batch: joined to the ids in one statement, PostgreSQL chose to
    look at every id for every row while its figures of the table were old.
    """
    together: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for (enrollment_id, step), how in steps.items():
        together[step, how].append(enrollment_id)
    for (step, how), ids in together.items():
        where = {"org": org_of(session), "at": now(session), "ids": literal(ids), "step": step, "how": how}
        session.execute(LEAVE, where)


def entered(session: Session, steps: Sequence[tuple[UUID, str]]) -> None:
    """Begin the history of steps that were entered, in order."""
    if steps:
        ids, names = zip(*steps, strict=True)
        columns = {"ids": literal(ids), "steps": literal(names)}
        session.execute(ENTER, {"org": org_of(session), "at": now(session)} | columns)
