"""What is most urgent now: the first cases of a person's worklist, and how many wait and are late in each queue."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Case, Team
from workflows import worklist
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.worklist import Entry, Queue

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Urgent:
    """`team` None: all of the person's. `late` by queue, where there are any."""

    team: UUID | None
    queues: Sequence[Queue]
    late: Mapping[UUID, int]
    entries: Sequence[Entry]

    @property
    def open(self) -> int:
        """Over the queues shown."""
        return sum(queue.open for queue in self.queues)


def now_of(session: Session, who: Who, *, team: UUID | None = None, most: int = SHOWN) -> Urgent:
    """The worklist's own order: clinical first, then by due time. Refused for a role that reads no cases."""
    found = worklist.load(session, who, team=team)
    queues = [queue for queue in found.queues if team in (None, queue.id)]
    counts = (
        select(Case.team_id, func.count())
        .where(
            Case.org_id == org_of(session),
            Case.team_id.in_([queue.id for queue in queues]),
            Case.state.not_in(("closed", "snoozed")),
            Case.due_at < now(session),
        )
        .group_by(Case.team_id)
    )
    late = {team_id: count for team_id, count in session.execute(counts)}  # noqa: C416 - a Row is no tuple of two
    return Urgent(team, queues, late, found.entries[:most] if queues else ())


def team_named(session: Session, words: str, who: Who) -> UUID:
    """The team that is called so, by name or code. Refused names the teams whose cases this person sees."""
    demand(who.role, Verb.READ_CASE)
    rows = session.execute(
        select(Team.id, Team.code, Team.name).where(Team.org_id == org_of(session)).order_by(Team.name)
    )
    teams = {row.id: row for row in rows}
    mine = [one for one in teams if who.role in worklist.EVERYWHERE or one in who.teams]
    asked = _plain(words)
    found: UUID | None = next((row.id for row in teams.values() if asked in (_plain(row.code), _plain(row.name))), None)
    if found is not None and found in mine:
        return found
    names = ", ".join(f"`/worklist {teams[one].name.lower()}`" for one in mine) or "none"
    first = "There is no team of that name" if found is None else f"{teams[found].name} is not one of your teams"
    raise Refused(f"{first}. Yours: {names}.")


def team_of_channel(session: Session, channel: str) -> UUID | None:
    """Whose own channel this is."""
    return session.scalar(select(Team.id).where(Team.org_id == org_of(session), Team.channel_id == channel))


def _plain(words: str) -> str:
    return re.sub(r"[\W_]+", " ", words.casefold()).strip()
