"""The queries behind a desk: cases counted in groups, and one page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from storage.db import now, org_of
from storage.tables import (
    Case,
    CaseEvent,
    Enrollment,
    Message,
    ProgramRow,
    PromiseRow,
    Staff,
    Team,
)
from workflows.case_verbs import RESTING
from workflows.lenses import Narrowed
from workflows.staff import PRACTICE, Who
from workflows.worklist import EVERYWHERE, Entry

LIVE = ("active", "waiting", "paused")
WROTE = ("patient_replied", "answered")
WEEK = timedelta(days=7)
MOST_CAMPAIGNS = 20
FIRST_DUE = (Team.clinical.desc(), Case.state.in_(RESTING), Case.due_at, Case.id)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases: the view's code, what is narrowed, one team or all."""

    view: str
    narrowed: Narrowed
    team: UUID | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Open cases that are alike, counted: all, the person's own, nobody's, late. A team without any has one group of none.

    `promised`, the same on each: promises of the person's teams that are not kept yet.
    """

    team_id: UUID
    team: str
    clinical: bool
    code: str | None
    program: str | None
    kind: str | None
    state: str
    open: int
    mine: int
    free: int
    late: int
    promised: int

    def fits(self, narrowed: Narrowed) -> bool:
        """Nothing that is narrowed to leaves these out."""
        asked = ((narrowed.kind, self.kind), (narrowed.program, self.code), (narrowed.state, self.state))
        return all(want in ("", have) for want, have in asked)


@dataclass(frozen=True, slots=True)
class Line(Entry):
    """One case, with where it stands (`shown`, a code of `lenses.STATES`), the branch its run took, and when it comes back."""

    shown: str
    branch: str | None
    back_at: datetime | None
    closed_at: datetime | None
    disposition: str | None


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
    outcome: str | None
    wake_at: datetime | None
    ended_at: datetime | None
    replied: bool
    case_id: UUID | None
    case_number: int | None

    @property
    def shown(self) -> str:
        """A code of `lenses.STATES`."""
        if self.state == "ended":
            return "done"
        if self.case_id:
            return "needs_person"
        return "waiting" if self.state == "paused" else "replied" if self.replied else "active"


def groups(session: Session, who: Who) -> list[Group]:
    """Every open case of the person's teams, and their own, counted. Names are looked up for the groups, not for the cases."""
    counted = _counted(session, who)
    found = (
        select(
            Team.id, Team.name, Team.clinical, ProgramRow.code, ProgramRow.title, counted.c.kind, counted.c.shown,
            func.coalesce(counted.c.open, 0), func.coalesce(counted.c.mine, 0), func.coalesce(counted.c.free, 0),
            func.coalesce(counted.c.late, 0), _promised(session, who),
        )
        .select_from(Team)
        .outerjoin(counted, counted.c.team_id == Team.id)
        .outerjoin(ProgramRow, (ProgramRow.org_id == Team.org_id) & (ProgramRow.id == counted.c.program_id))
        .where(Team.org_id == org_of(session))
    )  # fmt: skip
    if who.role not in EVERYWHERE:
        found = found.where(Team.id.in_(who.teams) | counted.c.team_id.is_not(None))
    return [Group(*row) for row in session.execute(found)]


def _counted(session: Session, who: Who) -> Any:
    mine, free = Case.owner_id == who.id, Case.owner_id.is_(None) & (Case.state == "open")
    return (
        select(
            Case.team_id, Enrollment.program_id, Case.kind, _shown().label("shown"), func.count().label("open"),
            func.count().filter(mine).label("mine"), func.count().filter(free).label("free"),
            func.count().filter(_late(session)).label("late"),
        )
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .where(Case.org_id == org_of(session), *seen_by(who))
        .group_by(Case.team_id, Enrollment.program_id, Case.kind, "shown")
        .subquery()
    )  # fmt: skip


def cases(session: Session, who: Who, wanted: Wanted, page: Page) -> Sequence[Line]:
    """Clinical teams first, then by due time, what is put aside last; what is done, the newest first.

    The page is cut before names are looked up.
    """
    done = wanted.narrowed.state == "done"
    order = (Case.closed_at.desc(), Case.id) if done else FIRST_DUE
    part = select(Case.id).join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
    if wanted.narrowed.program:
        part = _with_program(part)
    part = part.where(Case.org_id == org_of(session), *_theirs(who), *_wanted(session, who, wanted)).order_by(*order)
    return _lines(session, part.offset(page.offset).limit(page.limit), order)


def of_patients(session: Session, who: Who, patients: Sequence[UUID], most: int) -> Sequence[Line]:
    """Open cases of these patients, among those the person sees."""
    part = select(Case.id).join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
    part = part.where(Case.org_id == org_of(session), *seen_by(who), Case.patient_id.in_(patients))
    return _lines(session, part.order_by(*FIRST_DUE).limit(most), FIRST_DUE)


def seen_by(who: Who) -> list[ColumnElement[bool]]:
    """Open, and of the person's teams, or theirs."""
    return [Case.state != "closed", *_theirs(who)]


def promises(session: Session, who: Who, page: Page) -> Sequence[Promised]:
    """What was promised and not kept, the next due first."""
    found = (
        select(PromiseRow.case_id, Case.number, PromiseRow.kind, PromiseRow.due_at, Team.name)
        .join(Case, (Case.org_id == PromiseRow.org_id) & (Case.id == PromiseRow.case_id))
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .where(PromiseRow.org_id == org_of(session), PromiseRow.kept_at.is_(None), *_theirs(who))
        .order_by(PromiseRow.due_at, PromiseRow.id)
    )
    return [Promised(*row) for row in session.execute(found.offset(page.offset).limit(page.limit))]


def running(session: Session, narrowed: Narrowed, page: Page) -> Sequence[Running]:
    """What stands still first (paused, stopped, set aside), then by what comes next; replies and cases of the page's rows alone."""
    done = narrowed.state == "done"
    order = (Enrollment.ended_at.desc(), Enrollment.id) if done else (Enrollment.wake_at.nulls_first(), Enrollment.id)
    program = (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id)
    part = select(Enrollment.id).where(Enrollment.org_id == org_of(session), *_running(session, narrowed))
    part = part.join(ProgramRow, program) if narrowed.program else part
    ids = part.order_by(*order).offset(page.offset).limit(page.limit).subquery()
    first = [
        select(column).where(*_of_run()).order_by(Case.number).limit(1).scalar_subquery()
        for column in (Case.id, Case.number)
    ]
    found = (
        select(
            Enrollment.id, ProgramRow.title, Enrollment.state, Enrollment.step, Enrollment.routing, Enrollment.outcome,
            Enrollment.wake_at, Enrollment.ended_at, _wrote_in_run().exists(), *first,
        )
        .join(ids, ids.c.id == Enrollment.id)
        .join(ProgramRow, program)
        .where(Enrollment.org_id == org_of(session))
        .order_by(*order)
    )  # fmt: skip
    return [Running(*row) for row in session.execute(found)]


def _with_program(found: Any) -> Any:
    run = (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id)
    return found.outerjoin(Enrollment, run).outerjoin(
        ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id)
    )


def _lines(session: Session, part: Any, order: Sequence[Any]) -> list[Line]:
    """The cases of one page, with the names of everything about them."""
    ids = part.subquery()
    found = (
        select(
            Case.id, Case.number, Case.kind, Case.priority, Case.state, Case.asked, Case.due_at,
            Team.name.label("team"), Team.clinical, Case.owner_id, Staff.name.label("owner"),
            ProgramRow.title.label("program"), _shown().label("shown"), Enrollment.routing.label("branch"),
            Case.snoozed_until.label("back_at"), Case.closed_at, Case.disposition,
        )
        .join(ids, ids.c.id == Case.id)
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .outerjoin(Staff, (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id))
    )  # fmt: skip
    found = _with_program(found).where(Case.org_id == org_of(session)).order_by(*order)
    return [Line(**row) for row in session.execute(found).mappings()]


def _theirs(who: Who) -> list[ColumnElement[bool]]:
    """Cases of the person's teams, or their own; every team's for those who see all."""
    return [] if who.role in EVERYWHERE else [Case.team_id.in_(who.teams) | (Case.owner_id == who.id)]


def _late(session: Session) -> ColumnElement[bool]:
    """Past due and not put aside; practice is never late."""
    return (Case.due_at < now(session)) & (Case.state != "snoozed") & (Case.kind != PRACTICE)


def _wrote() -> ColumnElement[bool]:
    """The patient wrote since somebody took the case."""
    heard = select(CaseEvent.id).where(
        CaseEvent.org_id == Case.org_id, CaseEvent.case_id == Case.id, CaseEvent.what.in_(WROTE),
        CaseEvent.at >= Case.claimed_at,
    )  # fmt: skip
    return heard.exists()


def _shown() -> Any:
    return case(
        (Case.state == "closed", "done"), (Case.state == "open", "needs_person"), (Case.state.in_(RESTING), "waiting"),
        (_wrote(), "replied"), else_=literal("active"),
    )  # fmt: skip


def _wanted(session: Session, who: Who, wanted: Wanted) -> list[ColumnElement[bool]]:
    narrowed = wanted.narrowed
    views = {
        "mine": Case.owner_id == who.id,
        "unclaimed": Case.owner_id.is_(None) & (Case.state == "open"),
        "late": _late(session) & (Case.state != "closed"),
    }
    states = {
        "needs_person": Case.state == "open",
        "waiting": Case.state.in_(RESTING),
        "replied": Case.state.in_(("claimed", "booking")) & _wrote(),
        "active": Case.state.in_(("claimed", "booking")) & ~_wrote(),
        "done": (Case.state == "closed") & (Case.closed_at > now(session) - WEEK),
    }
    where = [states.get(narrowed.state, Case.state != "closed")]
    where += [views[wanted.view]] if wanted.view in views else []
    where += [Case.team_id == wanted.team] if wanted.team else []
    where += [Case.kind == narrowed.kind] if narrowed.kind else []
    return [*where, *([ProgramRow.code == narrowed.program] if narrowed.program else [])]


def _promised(session: Session, who: Who) -> Any:
    about = aliased(Case)
    found = (
        select(func.count())
        .select_from(PromiseRow)
        .join(about, (about.org_id == PromiseRow.org_id) & (about.id == PromiseRow.case_id))
        .where(PromiseRow.org_id == org_of(session), PromiseRow.kept_at.is_(None))
    )
    if who.role not in EVERYWHERE:
        found = found.where(about.team_id.in_(who.teams) | (about.owner_id == who.id))
    return found.correlate(None).scalar_subquery()


def _of_run() -> tuple[ColumnElement[bool], ...]:
    return (Case.org_id == Enrollment.org_id, Case.enrollment_id == Enrollment.id, Case.state != "closed")


def _wrote_in_run() -> Any:
    return select(Message.id).where(
        Message.org_id == Enrollment.org_id, Message.enrollment_id == Enrollment.id, Message.direction == "in"
    )


def _running(session: Session, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    person = select(Case.id).where(*_of_run()).exists()
    goes_on = Enrollment.state.in_(("active", "waiting"))
    states = {
        "needs_person": [Enrollment.state.in_(LIVE), person],
        "waiting": [Enrollment.state == "paused", ~person],
        "replied": [goes_on, ~person, _wrote_in_run().exists()],
        "active": [goes_on, ~person, ~_wrote_in_run().exists()],
        "done": [Enrollment.state == "ended", Enrollment.ended_at > now(session) - WEEK],
    }
    where = list(states.get(narrowed.state, [Enrollment.state.in_(LIVE)]))
    return [*where, *([ProgramRow.code == narrowed.program] if narrowed.program else [])]
