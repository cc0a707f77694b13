"""What stands on a person's Home: their cases and their teams', promises, and what runs by itself. A few queries, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Case, Enrollment, Message, ProgramRow, PromiseRow, Staff, Team
from workflows.roles import Verb, demand
from workflows.staff import PRACTICE, Who
from workflows.worklist import EVERYWHERE, Entry

PAGE = 10
WEEK = timedelta(days=7)
LIVE = ("active", "waiting", "paused")


class View(StrEnum):
    """Which list is shown."""

    MINE = "mine"
    UNCLAIMED = "unclaimed"
    OPEN = "open"
    LATE = "late"
    PROMISES = "promises"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Count:
    """Open cases of one kind in one program (None: of no program), over the person's teams."""

    program: str | None
    kind: str
    open: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise nobody has kept yet."""

    case_id: UUID
    number: int
    kind: str
    due_at: datetime
    team: str


@dataclass(frozen=True, slots=True)
class Running:
    """One enrollment that automation carries: its branch so far, its next step and when, and the case a person has to do, if any."""

    id: UUID
    program: str
    state: str
    step: str | None
    routing: str | None
    wake_at: datetime | None
    replied: bool
    case_number: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of one view; `more` when another page follows. Only the list of the view is filled."""

    view: View
    page: int
    counts: Sequence[Count]
    tally: dict[View, int]
    entries: Sequence[Entry] = ()
    promises: Sequence[Promised] = ()
    running: Sequence[Running] = ()
    more: bool = False


def load(session: Session, who: Who, *, view: View = View.MINE, page: int = 0) -> Desk:
    """The person's Home as it is now; `page` from 0. Refused for a role that reads no cases."""
    demand(who.role, Verb.READ_CASE)
    page = max(0, page)
    counts = _counts(session, who)
    tally = _tally(session, who)
    if view is View.PROMISES:
        promises = _promises(session, who, page=page)
        return Desk(view, page, counts, tally, promises=promises[:PAGE], more=len(promises) > PAGE)
    if view is View.RUNNING:
        running = _running(session, page=page)
        return Desk(view, page, counts, tally, running=running[:PAGE], more=len(running) > PAGE)
    entries = _entries(session, who, view, page=page)
    return Desk(view, page, counts, tally, entries=entries[:PAGE], more=len(entries) > PAGE)


def booked_lately(session: Session) -> int:
    """Patients' runs that ended booked in the last seven days."""
    found = select(func.count()).where(
        Enrollment.org_id == org_of(session), Enrollment.outcome == "booked", Enrollment.ended_at > now(session) - WEEK
    )
    return session.scalar(found) or 0


def _theirs(who: Who) -> list[ColumnElement[bool]]:
    """Cases of the person's teams, or their own; every team's for those who see all."""
    return [] if who.role in EVERYWHERE else [Case.team_id.in_(who.teams) | (Case.owner_id == who.id)]


def _open(session: Session) -> list[ColumnElement[bool]]:
    return [Case.org_id == org_of(session), Case.state != "closed"]


def _late(session: Session) -> ColumnElement[bool]:
    """Past due and not put aside; practice is never late."""
    return (Case.due_at < now(session)) & (Case.state != "snoozed") & (Case.kind != PRACTICE)


def _counts(session: Session, who: Who) -> list[Count]:
    found = (
        select(ProgramRow.title, Case.kind, func.count())
        .select_from(Case)
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(*_open(session), *_theirs(who), Case.kind != PRACTICE)
        .group_by(ProgramRow.title, Case.kind)
        .order_by(func.count().desc(), ProgramRow.title, Case.kind)
    )
    return [Count(program, kind, count) for program, kind, count in session.execute(found)]


def _tally(session: Session, who: Who) -> dict[View, int]:
    """How many stand under each button; what runs by itself is not counted: it may be hundreds of thousands."""
    found = select(
        func.count().filter(Case.owner_id == who.id),
        func.count().filter(Case.owner_id.is_(None) & (Case.state == "open")),
        func.count(),
        func.count().filter(_late(session)),
    ).where(*_open(session), *_theirs(who))
    mine, unclaimed, all_open, late = session.execute(found).one()
    return {View.MINE: mine, View.UNCLAIMED: unclaimed, View.OPEN: all_open, View.LATE: late}


def _entries(session: Session, who: Who, view: View, *, page: int) -> list[Entry]:
    only: dict[View, ColumnElement[bool]] = {
        View.MINE: Case.owner_id == who.id,
        View.UNCLAIMED: Case.owner_id.is_(None) & (Case.state == "open"),
        View.LATE: _late(session),
    }
    found = (
        select(
            Case.id, Case.number, Case.kind, Case.priority, Case.state, Case.asked, Case.due_at,
            Team.name.label("team"), Team.clinical, Case.owner_id, Staff.name.label("owner"),
            ProgramRow.title.label("program"),
        )
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .outerjoin(Staff, (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id))
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(*_open(session), *_theirs(who))
    )  # fmt: skip
    if view in only:
        found = found.where(only[view])
    ordered = found.order_by(Team.clinical.desc(), Case.due_at, Case.id)
    return [Entry(**row) for row in session.execute(ordered.offset(page * PAGE).limit(PAGE + 1)).mappings()]


def _promises(session: Session, who: Who, *, page: int) -> list[Promised]:
    found = (
        select(PromiseRow.case_id, Case.number, PromiseRow.kind, PromiseRow.due_at, Team.name)
        .join(Case, (Case.org_id == PromiseRow.org_id) & (Case.id == PromiseRow.case_id))
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .where(PromiseRow.org_id == org_of(session), PromiseRow.kept_at.is_(None), *_theirs(who))
        .order_by(PromiseRow.due_at, PromiseRow.id)
    )
    return [Promised(*row) for row in session.execute(found.offset(page * PAGE).limit(PAGE + 1))]


def _running(session: Session, *, page: int) -> list[Running]:
    """What stands still first (paused, stopped, set aside), then by what comes next; replies and cases of the page's rows alone."""
    inbound = select(Message.id).where(
        Message.org_id == Enrollment.org_id, Message.enrollment_id == Enrollment.id, Message.direction == "in"
    )
    waiting = select(func.min(Case.number)).where(
        Case.org_id == Enrollment.org_id, Case.enrollment_id == Enrollment.id, Case.state != "closed"
    )
    found = (
        select(
            Enrollment.id, ProgramRow.title, Enrollment.state, Enrollment.step, Enrollment.routing, Enrollment.wake_at,
            inbound.exists(), waiting.scalar_subquery(),
        )
        .join(ProgramRow, (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Enrollment.org_id == org_of(session), Enrollment.state.in_(LIVE))
        .order_by(Enrollment.wake_at.nulls_first(), Enrollment.id)
    )  # fmt: skip
    return [Running(*row) for row in session.execute(found.offset(page * PAGE).limit(PAGE + 1))]
