"""What stands on a person's desk, on Home and on the signed-in page: cases, promises, what runs by itself, programs and campaigns.

Three queries however many rows there are: what the person narrowed to, everything counted in groups, and one page of the list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from workflows import desk_programs, desk_rows, lenses
from workflows.desk_programs import CampaignState, ProgramState
from workflows.desk_rows import Group, Line, Page, Promised, Running
from workflows.lenses import Choices, Narrowed
from workflows.roles import Verb, demand
from workflows.staff import PRACTICE, Who
from workflows.worklist import EVERYWHERE, Queue

PAGE = 10


class View(StrEnum):
    """Which list is shown."""

    MINE = "mine"
    UNCLAIMED = "unclaimed"
    OPEN = "open"
    LATE = "late"
    PROMISES = "promises"
    RUNNING = "running"
    PROGRAMS = "programs"


CASES = (View.MINE, View.UNCLAIMED, View.LATE, View.OPEN)
NARROWS: dict[View, tuple[str, ...]] = dict.fromkeys(CASES, lenses.NAMES) | {View.RUNNING: ("program", "state")}
"""Which filters count for a view; the others show everything."""


@dataclass(frozen=True, slots=True)
class Count:
    """Open cases of one kind in one program (None: of no program), over the person's teams."""

    program: str | None
    kind: str
    open: int


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of one view; `more` when another page follows. Only the list of the view is filled; `total` where it is known."""

    view: View
    page: int
    choices: Choices
    groups: Sequence[Group]
    team: UUID | None = None
    entries: Sequence[Line] = ()
    promises: Sequence[Promised] = ()
    running: Sequence[Running] = ()
    programs: Sequence[ProgramState] = ()
    campaigns: Sequence[CampaignState] = ()
    more: bool = False
    queues: Sequence[Queue] = ()

    @property
    def narrowed(self) -> Narrowed:
        """The filters that count for this view."""
        counts = NARROWS.get(self.view, ())
        return Narrowed(**{name: getattr(self.choices.now, name) for name in counts})

    @property
    def counts(self) -> list[Count]:
        """By program and kind, the most first; nobody's practice."""
        found: dict[tuple[str | None, str], int] = {}
        for one in self.groups:
            if one.kind is not None and one.kind != PRACTICE:
                found[one.program, one.kind] = found.get((one.program, one.kind), 0) + one.open
        made = [Count(program, kind, number) for (program, kind), number in found.items()]
        return sorted(made, key=lambda one: (-one.open, one.program or "", one.kind))

    @property
    def tally(self) -> dict[View, int]:
        """How many stand under each button, whatever is narrowed; what runs by itself may be hundreds of thousands and is not counted."""
        cases = {view: _sum(self.groups, view) for view in CASES}
        return cases | {View.PROMISES: self.groups[0].promised if self.groups else 0}

    @property
    def all_here(self) -> int | None:
        """Rows of this view if nothing were narrowed; None where nobody counts them."""
        return _sum(self._of_team, self.view) if self.view in CASES else None

    @property
    def total(self) -> int | None:
        """Rows of this view as narrowed, over all pages; None where nobody counts them."""
        if self.view not in CASES or self.narrowed.state == "done":
            return None
        return _sum([one for one in self._of_team if one.fits(self.narrowed)], self.view)

    @property
    def _of_team(self) -> list[Group]:
        return [one for one in self.groups if self.team in (None, one.team_id)]


def load(
    session: Session, who: Who, *, view: View = View.MINE, page: int = 0, size: int = PAGE, team: UUID | None = None
) -> Desk:
    """The person's desk as it is now; `page` from 0, of one team or all of theirs. Refused for a role that reads no cases."""
    demand(who.role, Verb.READ_CASE)
    choices = lenses.NONE if view is View.PROGRAMS else lenses.of(session, who)  # nothing narrows that one
    groups = desk_rows.groups(session, who)
    queues = _queues(groups, who)
    if team is not None and all(queue.id != team for queue in queues):
        team = None
    found = Desk(view, max(0, page), choices, groups, team=team, queues=queues)
    if view is View.PROGRAMS:
        return _of_programs(session, found, size)
    if found.total is not None:  # a page that is gone is the last one there is
        found = Desk(
            view, min(found.page, max(0, -(-found.total // size) - 1)), choices, groups, team=team, queues=queues
        )
    return _listed(session, who, found, size)


def _of_programs(session: Session, found: Desk, size: int) -> Desk:
    """All of them: there are dozens. Whoever draws takes the page's part."""
    programs, campaigns = desk_programs.programs(session), desk_programs.campaigns(session)
    count = len(programs) + len(campaigns)
    page = min(found.page, max(0, -(-count // size) - 1))
    more = count > (page + 1) * size
    return replace(found, page=page, programs=programs, campaigns=campaigns, more=more)


def _listed(session: Session, who: Who, found: Desk, size: int) -> Desk:
    part = Page(found.page * size, size + 1)
    if found.view is View.PROMISES:
        promises = desk_rows.promises(session, who, part)
        return replace(found, promises=promises[:size], more=len(promises) > size)
    if found.view is View.RUNNING:
        running = desk_rows.running(session, found.narrowed, part)
        return replace(found, running=running[:size], more=len(running) > size)
    wanted = desk_rows.Wanted(found.view.value, found.narrowed, found.team)
    lines = desk_rows.cases(session, who, wanted, part)
    return replace(found, entries=lines[:size], more=len(lines) > size)


PICKS: dict[View, Callable[[Group], int]] = {
    View.MINE: lambda group: group.mine,
    View.UNCLAIMED: lambda group: group.free,
    View.LATE: lambda group: group.late,
    View.OPEN: lambda group: group.open,
}


def _sum(groups: Sequence[Group], view: View) -> int:
    return sum(map(PICKS[view], groups))


def _queues(groups: Sequence[Group], who: Who) -> list[Queue]:
    """The person's teams with how many open cases each has, clinical ones first."""
    found: dict[UUID, Queue] = {}
    for one in groups:
        if who.role in EVERYWHERE or one.team_id in who.teams:
            before = found[one.team_id].open if one.team_id in found else 0
            found[one.team_id] = Queue(one.team_id, one.team, one.clinical, before + one.open)
    return sorted(found.values(), key=lambda queue: (not queue.clinical, queue.name))
