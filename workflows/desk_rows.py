"""The queries behind a desk: cases counted in groups, and one page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from storage.db import now, org_of
from storage.tables import (
    Campaign,
    CampaignMember,
    Case,
    CaseEvent,
    Cohort,
    Enrollment,
    Halt,
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
FIRST_DUE = (Team.clinical.desc(), Case.due_at, Case.id)


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


@dataclass(frozen=True, slots=True)
class ProgramState:
    """A program: whether its texts are stopped, its runs that go on, rest, ended in the last seven days, ended, all."""

    code: str
    title: str
    halted: bool
    live: int
    resting: int
    lately: int
    ended: int
    all: int


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign: its state, why it is paused, how many of its patients are through, of how many."""

    number: int
    program: str
    cohort: str
    state: str
    paused_for: str | None
    through: int
    of: int


def groups(session: Session, who: Who) -> list[Group]:
    """Every open case of the person's teams, and their own, counted."""
    mine, free = Case.owner_id == who.id, Case.owner_id.is_(None) & (Case.state == "open")
    found = (
        select(
            Team.id, Team.name, Team.clinical, ProgramRow.code, ProgramRow.title, Case.kind, _shown().label("shown"),
            func.count(Case.id), func.count(Case.id).filter(mine), func.count(Case.id).filter(free),
            func.count(Case.id).filter(_late(session)), _promised(session, who),
        )
        .select_from(Team)
        .outerjoin(Case, (Case.org_id == Team.org_id) & (Case.team_id == Team.id) & (Case.state != "closed"))
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Team.org_id == org_of(session))
        .group_by(Team.id, Team.name, Team.clinical, ProgramRow.code, ProgramRow.title, Case.kind, "shown")
    )  # fmt: skip
    if who.role not in EVERYWHERE:
        found = found.where(Team.id.in_(who.teams) | mine)
    return [Group(*row) for row in session.execute(found)]


def cases(session: Session, who: Who, wanted: Wanted, page: Page) -> Sequence[Line]:
    """Clinical teams first, then by due time; what is done, the newest first."""
    done = wanted.narrowed.state == "done"
    order = (Case.closed_at.desc(), Case.id) if done else FIRST_DUE
    found = _lines(session, who).where(*_wanted(session, who, wanted)).order_by(*order)
    return _read(session, found.offset(page.offset).limit(page.limit))


def of_patients(session: Session, who: Who, patients: Sequence[UUID], most: int) -> Sequence[Line]:
    """Open cases of these patients, among those the person sees."""
    found = _lines(session, who).where(*seen_by(who), Case.patient_id.in_(patients)).order_by(*FIRST_DUE)
    return _read(session, found.limit(most))


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
    first = [
        select(column).where(*_of_run()).order_by(Case.number).limit(1).scalar_subquery()
        for column in (Case.id, Case.number)
    ]
    found = (
        select(
            Enrollment.id, ProgramRow.title, Enrollment.state, Enrollment.step, Enrollment.routing, Enrollment.outcome,
            Enrollment.wake_at, Enrollment.ended_at, _wrote_in_run().exists(), *first,
        )
        .join(ProgramRow, (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Enrollment.org_id == org_of(session), *_running(session, narrowed))
    )  # fmt: skip
    done = narrowed.state == "done"
    order = (Enrollment.ended_at.desc(), Enrollment.id) if done else (Enrollment.wake_at.nulls_first(), Enrollment.id)
    return [Running(*row) for row in session.execute(found.order_by(*order).offset(page.offset).limit(page.limit))]


def programs(session: Session) -> Sequence[ProgramState]:
    """Every program with its runs counted, the busiest first."""
    live, resting = Enrollment.state.in_(("active", "waiting")), Enrollment.state == "paused"
    ended = Enrollment.state == "ended"
    stopped = select(Halt.id).where(
        Halt.org_id == ProgramRow.org_id, Halt.lifted_at.is_(None),
        or_(Halt.scope == "organisation", and_(Halt.scope == "program", Halt.key == ProgramRow.code)),
    )  # fmt: skip
    found = (
        select(
            ProgramRow.code, ProgramRow.title, stopped.exists(), func.count(Enrollment.id).filter(live),
            func.count(Enrollment.id).filter(resting),
            func.count(Enrollment.id).filter(ended & (Enrollment.ended_at > now(session) - WEEK)),
            func.count(Enrollment.id).filter(ended), func.count(Enrollment.id),
        )
        .outerjoin(Enrollment, (Enrollment.org_id == ProgramRow.org_id) & (Enrollment.program_id == ProgramRow.id))
        .where(ProgramRow.org_id == org_of(session))
        .group_by(ProgramRow.org_id, ProgramRow.code, ProgramRow.title)
        .order_by(func.count(Enrollment.id).filter(live | resting).desc(), ProgramRow.title)
    )  # fmt: skip
    return [ProgramState(*row) for row in session.execute(found)]


def campaigns(session: Session) -> Sequence[CampaignState]:
    """The newest campaigns that were shown to somebody, with how far each is."""
    of_it = (
        CampaignMember.org_id == Campaign.org_id,
        CampaignMember.campaign_id == Campaign.id,
        CampaignMember.wave.is_not(None),
    )
    through = (Enrollment.org_id == Campaign.org_id, Enrollment.campaign_id == Campaign.id, Enrollment.state == "ended")
    found = (
        select(
            Campaign.number, ProgramRow.title, Cohort.title, Campaign.state, Campaign.paused_for,
            select(func.count()).select_from(Enrollment).where(*through).scalar_subquery(),
            select(func.count()).select_from(CampaignMember).where(*of_it).scalar_subquery(),
        )
        .join(ProgramRow, (ProgramRow.org_id == Campaign.org_id) & (ProgramRow.id == Campaign.program_id))
        .join(Cohort, (Cohort.org_id == Campaign.org_id) & (Cohort.id == Campaign.cohort_id))
        .where(Campaign.org_id == org_of(session), Campaign.state != "draft")
        .order_by(Campaign.number.desc())
        .limit(MOST_CAMPAIGNS)
    )  # fmt: skip
    return [CampaignState(*row) for row in session.execute(found)]


def _lines(session: Session, who: Who) -> Any:
    return (
        select(
            Case.id, Case.number, Case.kind, Case.priority, Case.state, Case.asked, Case.due_at,
            Team.name.label("team"), Team.clinical, Case.owner_id, Staff.name.label("owner"),
            ProgramRow.title.label("program"), _shown().label("shown"), Enrollment.routing.label("branch"),
            Case.snoozed_until.label("back_at"), Case.closed_at, Case.disposition,
        )
        .join(Team, (Team.org_id == Case.org_id) & (Team.id == Case.team_id))
        .outerjoin(Staff, (Staff.org_id == Case.org_id) & (Staff.id == Case.owner_id))
        .outerjoin(Enrollment, (Enrollment.org_id == Case.org_id) & (Enrollment.id == Case.enrollment_id))
        .outerjoin(ProgramRow, (ProgramRow.org_id == Case.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(Case.org_id == org_of(session), *_theirs(who))
    )  # fmt: skip


def _read(session: Session, found: Any) -> list[Line]:
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
