"""Moving running enrollments to another version, on purpose: counted first, refused where a step has no counterpart, set-based."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import ProgramVersion
from workflows import publishing
from workflows.programs.model import Program
from workflows.roles import Verb, demand
from workflows.staff import Who

COUNTED = text(
    """
    SELECT v.id AS version_id, v.number, e.step, count(*) AS patients
    FROM enrollments e JOIN program_versions v ON v.org_id = e.org_id AND v.id = e.version_id
    WHERE e.org_id = :org AND e.program_id = :program AND e.state <> 'ended' AND e.version_id <> :target
    GROUP BY v.id, v.number, e.step ORDER BY v.number, e.step NULLS FIRST
    """
)
MOVE = text(
    """
    WITH moved AS (
        UPDATE enrollments e SET version_id = :target, step = :step, version = version + 1,
            wake_at = CASE WHEN wake_at IS NULL THEN NULL ELSE least(wake_at, :now) END
        WHERE e.org_id = :org AND e.program_id = :program AND e.version_id = :source AND e.state <> 'ended'
          AND e.step IS NOT DISTINCT FROM :from_step
        RETURNING e.id
    ), left_step AS (
        UPDATE enrollment_steps s SET left_at = :now, how = 'migrated' FROM moved
        WHERE :renamed AND s.org_id = :org AND s.enrollment_id = moved.id AND s.step = :from_step AND s.left_at IS NULL
    ), entered AS (
        INSERT INTO enrollment_steps (org_id, enrollment_id, step, entered_at)
        SELECT :org, id, CAST(:step AS text), :now FROM moved WHERE :renamed
    ), said AS (
        INSERT INTO decisions (org_id, at, verdict, rule, enrollment_id, detail)
        SELECT :org, :now, 'moved', 'version.migrated', id,
            jsonb_build_object('from', CAST(:from_number AS int), 'to', CAST(:to_number AS int),
                'step', CAST(:step AS text), 'by', CAST(:by AS text))
        FROM moved ORDER BY id
    )
    SELECT count(*) FROM moved
    """
)
"""An earlier wake time makes the engine compute it anew by the new version's waits; a timer that is not due changes nothing else."""


@dataclass(frozen=True, slots=True)
class Group:
    """Running enrollments of one version at one step. `to` is None, with `why_not`, where the new version has no such step."""

    version_id: UUID
    number: int
    step: str | None
    patients: int
    to: str | None
    why_not: str = ""


def preview(
    session: Session, code: str, *, to: int, where: Sequence[str] = (), steps: Mapping[str, str] | None = None
) -> list[Group]:
    """Who would move: running enrollments of other versions, at the steps in `where` (all when empty); `steps` maps old names to new."""
    row, _ = publishing.live(session, code)
    target = publishing.version(session, code, to)
    new = publishing.snapshot(target)
    found = session.execute(COUNTED, {"org": org_of(session), "program": row.id, "target": target.id}).all()
    versions = publishing.snapshots(session, {group.version_id for group in found})
    return [
        _group(
            group.version_id,
            group.number,
            group.step,
            count=group.patients,
            pair=(versions[group.version_id], new),
            steps=steps or {},
        )
        for group in found
        if not where or group.step in where
    ]


def migrate(
    session: Session,
    code: str,
    *,
    to: int,
    by: Who,
    where: Sequence[str] = (),
    steps: Mapping[str, str] | None = None,
) -> int:
    """Move them, with a ledger line each; how many. Refused as a whole when one of the steps has no counterpart."""
    demand(by.role, Verb.LAUNCH)
    groups = preview(session, code, to=to, where=where, steps=steps)
    stuck = [group for group in groups if group.why_not]
    if stuck:
        raise Refused(f"{stuck[0].why_not} {stuck[0].patients} patients stand there. Nobody was moved.")
    row, _ = publishing.live(session, code)
    target: ProgramVersion = publishing.version(session, code, to)
    moved = 0
    for group in groups:
        moved += session.execute(
            MOVE,
            {
                "org": org_of(session), "program": row.id, "target": target.id, "source": group.version_id,
                "from_step": group.step, "step": group.to, "renamed": group.step is not None and group.step != group.to,
                "from_number": group.number, "to_number": to, "by": by.actor, "now": now(session),
            },
        ).scalar_one()  # fmt: skip
    session.expire_all()
    audit.record(session, "program.migrated", actor=by.actor, subject=("program", code), to=to, patients=moved)
    return moved


def _group(
    version_id: UUID,
    number: int,
    step: str | None,
    *,
    count: int,
    pair: tuple[Program, Program],
    steps: Mapping[str, str],
) -> Group:
    old, new = pair
    if step is None:
        return Group(version_id, number, None, count, None)
    to = steps.get(step, step)
    if to not in new.steps:
        return Group(
            version_id, number, step, count, None, f"The new version has no step '{to}': map it with --map {step}=…"
        )
    if step in old.steps and type(old.steps[step]) is not type(new.steps[to]):
        return Group(
            version_id,
            number,
            step,
            count,
            None,
            f"'{step}' and '{to}' are steps of different kinds: map it to another.",
        )
    return Group(version_id, number, step, count, to)
