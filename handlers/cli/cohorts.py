"""What `app.py cohort …` does: looks, and takes in lists. Counts, codes and row numbers only; nothing about any patient."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.ids import show
from integrations.ehr.mapping import group_members
from integrations.ehr.references import Resource
from storage.db import Database
from workflows import cohorts
from workflows.cohorts import lint, rules, uploads
from workflows.cohorts.groups import Group
from workflows.simulation import mix

ACTOR = "system"


@contextmanager
def _tried(session: Session, *, keep: bool) -> Iterator[None]:
    """What is done inside is kept, or was only a trial."""
    with session.begin_nested() as trial:
        yield
        if not keep:
            trial.rollback()


def preview(db: Database, org: UUID, code: str) -> dict[str, Any]:
    """Evaluate a cohort without keeping the run."""
    with db.begin(org=org) as session:
        with _tried(session, keep=False):
            rules.save_built_in(session, actor=ACTOR)
            run = cohorts.evaluate(session, cohorts.by_code(session, code).id)
        return {"cohort": code, **run.funnel}


def people(db: Database, org: UUID, code: str) -> mix.Mix:
    """Who is in a cohort, as counts for a simulation; nothing is kept."""
    with db.begin(org=org) as session, _tried(session, keep=False):
        rules.save_built_in(session, actor=ACTOR)
        return mix.of_cohort(session, code)


def take_csv(db: Database, org: UUID, path: Path, *, source: str, keep: bool) -> tuple[dict[str, Any], str]:
    """Take a list in, or only try it: what became of its rows, its funnel, and the rejected rows as CSV."""
    asked = uploads.Asked(path.read_bytes(), source=source, title=f"List: {source}", by=ACTOR)
    with db.begin(org=org) as session, _tried(session, keep=keep):
        answer = cohorts.from_csv(session, asked)
        run = cohorts.evaluate(session, answer.cohort_id)
        cohort = cohorts.get(session, answer.cohort_id)
        told = {
            "cohort": cohort.code if keep else None,
            "again": answer.again,
            "rows": dict(answer.counts),
            **run.funnel,
        }
    return told, answer.rejected_csv


def take_group(db: Database, org: UUID, resource: Resource, *, code: str) -> dict[str, Any]:
    """Take a FHIR Group in as a list."""
    _, title, members = group_members(resource)
    with db.begin(org=org) as session:
        cohort_id, unknown = cohorts.from_group(session, Group(code, title, members), actor=ACTOR)
        run = cohorts.evaluate(session, cohort_id)
        return {"cohort": code, "unknown_patients": unknown, **run.funnel}


def listed(db: Database, org: UUID) -> list[dict[str, Any]]:
    """The organisation's cohorts."""
    with db.begin(org=org) as session, _tried(session, keep=False):
        rules.save_built_in(session, actor=ACTOR)
        return [
            {"cohort": row.code, "kind": row.kind, "title": row.title, "id": show("coh", row.id)}
            for row in cohorts.every(session)
        ]


def save(db: Database, org: UUID, path: Path) -> str:
    """Keep a rule file as the organisation's own."""
    with db.begin(org=org) as session:
        return show("coh", cohorts.save(session, path.read_text("utf-8"), actor=ACTOR))


def linted(paths: list[Path]) -> Iterator[tuple[str, lint.Problem]]:
    """(file name, problem) of every file."""
    for path in paths:
        yield from ((path.name, problem) for problem in lint.lint(path.read_text("utf-8")))
