"""Teams and their channels."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import Case, Team
from workflows import cases
from workflows.organising import changes, opening
from workflows.organising.changes import FILE, By

NEEDED = {
    "patient_access": ("Patient access", False),
    "clinical": ("Clinical", True),
    "front_office": ("Front office", False),
}
"""Cases go to these by code: without one a red flag would have nowhere to open."""
LONGEST_NAME = 60
MOST = 36


@dataclass(frozen=True, slots=True)
class Wanted:
    """A team as it is to be; `seen_at` when its channel was looked at and found fit."""

    code: str
    name: str
    channel: str
    clinical: bool = False
    seen_at: datetime | None = None


def every(session: Session) -> list[Team]:
    """The organisation's teams by name."""
    return list(session.scalars(select(Team).where(Team.org_id == org_of(session)).order_by(Team.name, Team.code)))


def missing(session: Session) -> list[str]:
    """Codes of the needed teams that are not there yet."""
    known = set(session.scalars(select(Team.code).where(Team.org_id == org_of(session))))
    return [code for code in NEEDED if code not in known]


def shown(team: Team | None) -> dict[str, Any] | None:
    """What a form shows of a team, for `changes.mark`."""
    if team is None:
        return None
    return {"name": team.name, "channel": team.channel_id, "clinical": team.clinical}


def of_code(session: Session, code: str) -> Team | None:
    """One team."""
    return session.scalar(
        select(Team).where(Team.org_id == org_of(session), Team.code == code).execution_options(populate_existing=True)
    )


def keep(session: Session, wanted: Wanted, *, by: By = FILE) -> UUID:
    """Make the team, or bring it up to this; a new channel gets the team's open cards. Refused when somebody else saved meanwhile."""
    changes.lock(session)
    row = of_code(session, wanted.code)
    before = shown(row)
    changes.demand_unseen(session, by, area="team", about=wanted.code, before=before)
    moved = row is not None and row.channel_id != wanted.channel
    values: dict[str, Any] = {"name": wanted.name, "channel_id": wanted.channel, "clinical": wanted.clinical}
    if wanted.seen_at is not None or moved:
        values |= {"channel_seen_at": wanted.seen_at, "channel_problem": None, "channel_problem_at": None}
    made = insert(Team).values(org_id=org_of(session), code=wanted.code, **values)
    kept = made.on_conflict_do_update(index_elements=["org_id", "code"], set_=values).returning(Team.id)
    found: UUID = session.scalars(kept).one()
    after = {"name": wanted.name, "channel": wanted.channel, "clinical": wanted.clinical}
    changes.record(session, by, area="team", about=wanted.code, before=before, after=after)
    if moved:
        _move_cards(session, found)
    if row is None and by is not FILE and wanted.code in NEEDED and not missing(session):
        opening.begin(session, actor=by.actor)
    return found


def code_of(session: Session, name: str) -> str:
    """The code of a new team with this name. Refused when it has no letters, or one is called so already."""
    code = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not code:
        raise Refused("Give the team a name with letters. Nothing was saved.")
    known = {team.code: team.name for team in every(session)}
    if code in known:
        raise Refused(f"There is a team called {known[code]} already. Nothing was saved.")
    if len(known) >= MOST:
        raise Refused(f"There are {MOST} teams already. Nothing was saved.")
    return code


def _move_cards(session: Session, team_id: UUID) -> None:
    found = select(Case).where(Case.org_id == org_of(session), Case.team_id == team_id, Case.state != "closed")
    for case in session.scalars(found):
        cases.refresh_card(session, case)
