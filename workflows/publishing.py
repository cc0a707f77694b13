"""Published programs: immutable snapshots in the database. A running enrollment keeps the version it began with."""

from functools import lru_cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import audit
from storage.db import new_id, now, org_of
from storage.tables import ProgramRow, ProgramVersion
from workflows.programs.model import Program, parse


def publish(session: Session, source: str, *, actor: str) -> ProgramVersion:
    """Make this YAML the live version of its program; publishing what is live already changes nothing. Raises Misconfigured."""
    program = parse(source)
    row = session.scalar(
        select(ProgramRow)
        .where(ProgramRow.org_id == org_of(session), ProgramRow.code == program.program)
        .with_for_update()
    )
    if row is None:
        row = ProgramRow(org_id=org_of(session), id=new_id(session), code=program.program, title=program.title)
        session.add(row)
        session.flush()
    live = _live(session, row)
    if live is not None and live.digest == program.digest:
        return live
    last = session.scalar(
        select(func.max(ProgramVersion.number)).where(
            ProgramVersion.org_id == row.org_id, ProgramVersion.program_id == row.id
        )
    )
    version = ProgramVersion(
        org_id=row.org_id,
        id=new_id(session),
        program_id=row.id,
        number=(last or 0) + 1,
        digest=program.digest,
        source=source,
        published_at=now(session),
    )
    session.add(version)
    session.flush()
    row.live_version_id, row.title = version.id, program.title
    audit.record(
        session, "program.published", actor=actor, subject=("program", program.program), version=version.number
    )
    return version


def publish_built_in(session: Session, *, actor: str) -> list[str]:
    """Publish every program that comes with Careloop; the codes."""
    files = sorted(Path(__file__).parent.joinpath("programs").glob("*.yaml"))
    for path in files:
        publish(session, path.read_text("utf-8"), actor=actor)
    return [path.stem for path in files]


def open_to(session: Session, event: str) -> list[tuple[ProgramRow, ProgramVersion, Program]]:
    """Live programs that this kind of event triggers."""
    rows = session.execute(
        select(ProgramRow, ProgramVersion)
        .join(
            ProgramVersion,
            (ProgramVersion.org_id == ProgramRow.org_id) & (ProgramVersion.id == ProgramRow.live_version_id),
        )
        .where(ProgramRow.org_id == org_of(session))
        .order_by(ProgramRow.code)
    )
    parsed = [(row, version, snapshot(version)) for row, version in rows]
    return [entry for entry in parsed if entry[2].trigger.event == event]


def snapshot(version: ProgramVersion) -> Program:
    """The program as it was published; parsed once a process, since versions never change."""
    return _parsed(version.digest, version.source)


def snapshots(session: Session, ids: set[UUID]) -> dict[UUID, Program]:
    """Several versions at once; a version once read is remembered, since it never changes."""
    org = org_of(session)
    unread = [version for version in ids if (org, version) not in _read]
    if unread:
        found = select(ProgramVersion).where(ProgramVersion.org_id == org, ProgramVersion.id.in_(unread))
        _read.update({(org, version.id): snapshot(version) for version in session.scalars(found)})
    return {version: _read[(org, version)] for version in ids if (org, version) in _read}


_read: dict[tuple[UUID, UUID], Program] = {}


@lru_cache(maxsize=256)
def _parsed(_digest: str, source: str) -> Program:
    return parse(source)


def _live(session: Session, row: ProgramRow) -> ProgramVersion | None:
    if row.live_version_id is None:
        return None
    return session.scalar(
        select(ProgramVersion).where(ProgramVersion.org_id == row.org_id, ProgramVersion.id == row.live_version_id)
    )
