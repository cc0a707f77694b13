"""The open cases of a person's teams, for the page that stands in when Slack is down: three queries, however many cases."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Case, Enrollment, ProgramRow, Staff, Team
from workflows.roles import Role, Verb, demand
from workflows.staff import Who

PAGE = 50
EVERYWHERE = frozenset({Role.MANAGER, Role.ADMIN, Role.VIEWER})


@dataclass(frozen=True, slots=True)
class Queue:
    """A team with how many open cases it has."""

    id: UUID
    name: str
    clinical: bool
    open: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One open case, in codes."""

    id: UUID
    number: int
    kind: str
    priority: str
    state: str
    asked: str | None
    due_at: datetime
    team: str
    clinical: bool
    owner_id: UUID | None
    owner: str | None
    program: str | None


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of it; `page` counts from 1, `total` is over all pages."""

    queues: tuple[Queue, ...]
    entries: tuple[Entry, ...]
    page: int
    total: int

    @property
    def pages(self) -> int:
        """At least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class Shown:
    """Which part of it: a page, and whose ("": everybody's, mine, free: nobody's yet, late)."""

    page: int = 1
    whose: str = ""


WHOSE = {"": "Everybody's", "mine": "Mine", "free": "Nobody's yet", "late": "Late"}
FIRST = Shown()


def load(session: Session, who: Who, *, team: UUID | None = None, shown: Shown = FIRST) -> Worklist:
    """Clinical first, then by due time. Refused for a role that reads no cases; a team that is not theirs counts as none chosen.

    Managers, admins and viewers see every team's.
    """
    demand(who.role, Verb.READ_CASE)
    queues = _queues(session, who)
    chosen = [queue for queue in queues if queue.id == team] or queues
    everywhere = shown.whose == "mine" and len(chosen) == len(queues)  # what one has may be another team's
    of_teams = [] if everywhere else [Case.team_id.in_([queue.id for queue in chosen])]
    where = [Case.state != "closed", *of_teams, *_whose(session, who, shown.whose)]
    counted = select(func.count()).select_from(Case).where(Case.org_id == org_of(session), *where)
    total = (session.scalar(counted) or 0) if shown.whose else sum(queue.open for queue in chosen)
    page = max(1, min(shown.page, -(-total // PAGE) or 1))
    entries = _entries(session, where, offset=(page - 1) * PAGE) if total else ()
    return Worklist(tuple(queues), entries, page, total)


def _queues(session: Session, who: Who) -> list[Queue]:
    waiting = (
        select(Case.team_id, func.count().label("open"))
        .where(Case.org_id == org_of(session), Case.state != "closed")
        .group_by(Case.team_id)
        .subquery()
    )
    found = (
        select(Team.id, Team.name, Team.clinical, func.coalesce(waiting.c.open, 0))
        .outerjoin(waiting, waiting.c.team_id == Team.id)
        .where(Team.org_id == org_of(session))
        .order_by(Team.clinical.desc(), Team.name)
    )
    if who.role not in EVERYWHERE:
        found = found.where(Team.id.in_(who.teams))
    return [Queue(*row) for row in session.execute(found)]


def _whose(session: Session, who: Who, whose: str) -> list[ColumnElement[bool]]:
    if whose == "mine":
        return [Case.owner_id == who.id]
    if whose == "free":
        return [Case.owner_id.is_(None), Case.state == "open"]
    return [Case.due_at < now(session), Case.state != "snoozed"] if whose == "late" else []


def _entries(session: Session, where: list[ColumnElement[bool]], *, offset: int) -> tuple[Entry, ...]:
    found = (
        select(
            Case.id, Case.number, Case.kind, Case.priority, Case.state, Case.asked, Case.due_at,
            Team.name.label("team"), Team.clinical, Case.owner_id,
            Staff.name.label("owner"), ProgramRow.title.label("program"),
        )
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .outerjoin(Staff, (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id))
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Case.org_id == org_of(session), *where)
        .order_by(Team.clinical.desc(), Case.due_at, Case.id)
        .offset(offset)
        .limit(PAGE)
    )  # fmt: skip
    return tuple(Entry(**row) for row in session.execute(found).mappings())
