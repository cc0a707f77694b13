"""The rules an organisation has: those that come with Careloop, and its own."""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage import audit
from storage.db import new_id, now, org_of
from storage.tables import Cohort
from workflows.cohorts import spec as specs

_FOLDER = Path(__file__).parent


def files() -> list[Path]:
    """The rule files that come with Careloop."""
    return sorted(_FOLDER.glob("*.yaml"))


@lru_cache(maxsize=1)
def built_in() -> dict[str, str]:
    """The YAML of every rule in this folder by its name. Raises Misconfigured for one that cannot be read."""
    found: dict[str, str] = {}
    for path in files():
        written = path.read_text("utf-8")
        if specs.parse(written).cohort != path.stem:
            raise Misconfigured(f"{path.name} has another name inside", fix="Name the file after its cohort.")
        found[path.stem] = written
    return found


def save(session: Session, source: str, *, actor: str) -> UUID:
    """Keep a rule under its name; one saved before is replaced, and runs keep the text they were made with. Raises Misconfigured."""
    rule = specs.parse(source)
    row = session.scalar(
        select(Cohort).where(Cohort.org_id == org_of(session), Cohort.code == rule.cohort).with_for_update()
    )
    if row is not None and row.kind != "rule":
        raise Refused(f"'{rule.cohort}' is the name of a list here. Give the rule another name.")
    if row is not None and row.source == source:
        return row.id
    if row is None:
        row = Cohort(org_id=org_of(session), id=new_id(session), code=rule.cohort, kind="rule")
        session.add(row)
    row.title, row.source, row.made_at, row.made_by = rule.title, source, now(session), actor
    session.flush()
    audit.record(session, "cohort.saved", actor=actor, subject=("cohort", rule.cohort))
    return row.id


def save_built_in(session: Session, *, actor: str, codes: Collection[str] | None = None) -> None:
    """Give an organisation the rules that come with Careloop, or those named; one that it has changed stays as it is."""
    known = set(session.scalars(select(Cohort.code).where(Cohort.org_id == org_of(session))))
    for code, source in built_in().items():
        if code not in known and (codes is None or code in codes):
            save(session, source, actor=actor)


def every(session: Session) -> list[Cohort]:
    """All cohorts of the organisation by name."""
    return list(session.scalars(select(Cohort).where(Cohort.org_id == org_of(session)).order_by(Cohort.code)))
