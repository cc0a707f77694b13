"""Published programs: immutable snapshots in the database. A running enrollment keeps the version it began with."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import new_id, now, org_of
from storage.tables import Enrollment, ProgramRow, ProgramVersion
from workflows.programs.lint import lint_text
from workflows.programs.model import Program, parse
from workflows.roles import Verb, demand
from workflows.staff import Who


def publish(session: Session, source: str, *, actor: str, **why: str) -> ProgramVersion:
    """Make this YAML the live version of its program; publishing what is live already changes nothing. Raises Misconfigured.

    The audit says who, which version was live before and which is now; `why` adds codes (the draft, its editors).
    """
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
    changed: dict[str, str | int | None] = {"before": live.number if live else None, "version": version.number}
    audit.record(session, "program.published", actor=actor, subject=("program", program.program), **changed, **why)
    return version


def publish_file(session: Session, source: str, *, by: Who) -> ProgramVersion:
    """Publish a file as an operator's act in somebody's name: a manager or admin, and nothing lint finds an error in (Refused)."""
    demand(by.role, Verb.APPROVE_WORDING)
    wrong = [problem for problem in lint_text(source) if problem.level == "error"]
    if wrong:
        raise Refused(f"{wrong[0].where}: {wrong[0].say} Nothing was published ({len(wrong)} to mend).")
    return publish(session, source, actor=by.actor)


def retire(session: Session, code: str, *, actor: str, **why: str) -> None:
    """Nobody is enrolled in this program from now on; who is in it stays on the version it began with. Refused when it is not live."""
    row, version = live(session, code)
    row.live_version_id = None
    audit.record(session, "program.retired", actor=actor, subject=("program", code), before=version.number, **why)


def live(session: Session, code: str) -> tuple[ProgramRow, ProgramVersion]:
    """A program and its live version. Refused when it is not published here."""
    row = session.scalar(select(ProgramRow).where(ProgramRow.org_id == org_of(session), ProgramRow.code == code))
    found = _live(session, row) if row else None
    if row is None or found is None:
        raise Refused(f"There is no program {code} here.")
    return row, found


def version(session: Session, code: str, number: int) -> ProgramVersion:
    """One published version of a program. Refused when there is none."""
    row, _ = live(session, code)
    found = session.scalar(
        select(ProgramVersion).where(
            ProgramVersion.org_id == row.org_id, ProgramVersion.program_id == row.id, ProgramVersion.number == number
        )
    )
    if found is None:
        raise Refused(f"Program {code} has no version {number}.")
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """A version with how many enrollments still run on it."""

    code: str
    title: str
    number: int
    live: bool
    published_at: datetime
    running: int


def standings(session: Session, code: str | None = None) -> list[Standing]:
    """Every published version, by program and newest first, with those who run on it."""
    running = (
        select(func.count())
        .where(
            Enrollment.org_id == ProgramVersion.org_id,
            Enrollment.version_id == ProgramVersion.id,
            Enrollment.state != "ended",
        )
        .scalar_subquery()
    )
    same = (ProgramVersion.org_id == ProgramRow.org_id) & (ProgramVersion.program_id == ProgramRow.id)
    found = (
        select(ProgramRow, ProgramVersion, running)
        .join(ProgramVersion, same)
        .where(ProgramRow.org_id == org_of(session))
        .order_by(ProgramRow.code, ProgramVersion.number.desc())
    )
    if code is not None:
        found = found.where(ProgramRow.code == code)
    return [
        Standing(row.code, row.title, v.number, v.id == row.live_version_id, v.published_at, count)
        for row, v, count in session.execute(found)
    ]


def publish_built_in(session: Session, *, actor: str) -> None:
    """Publish the programs that come with Careloop; one that was published here before stays as it is now, edited or retired.

    One that is open to named segments only waits until somebody has such segments: a pack, or a person, publishes it (S98).
    """
    before = set(session.scalars(select(ProgramVersion.digest).where(ProgramVersion.org_id == org_of(session))))
    for path in sorted(Path(__file__).parent.joinpath("programs").glob("*.yaml")):
        text = path.read_text("utf-8")
        program = parse(text)
        if program.open_to.segments is None and program.digest not in before:
            publish(session, text, actor=actor)


def open_to(
    session: Session, event: str, *, code: str | None = None
) -> list[tuple[ProgramRow, ProgramVersion, Program]]:
    """Live programs that this kind of event triggers; with `code` that one, whatever triggers it."""
    if code is not None:
        return [entry for entry in every_live(session) if entry[0].code == code]
    return [entry for entry in every_live(session) if entry[2].trigger.event == event]


def every_live(session: Session) -> list[tuple[ProgramRow, ProgramVersion, Program]]:
    """Each program as it is live, by code."""
    rows = session.execute(
        select(ProgramRow, ProgramVersion)
        .join(
            ProgramVersion,
            (ProgramVersion.org_id == ProgramRow.org_id) & (ProgramVersion.id == ProgramRow.live_version_id),
        )
        .where(ProgramRow.org_id == org_of(session))
        .order_by(ProgramRow.code)
    )
    return [(row, version, snapshot(version)) for row, version in rows]


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
