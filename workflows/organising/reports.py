"""When the weekly digest comes, and where it goes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from workflows import weekly
from workflows.organising import changes, teams
from workflows.organising.changes import FILE, By


def keep_all(session: Session, said: Any, *, by: By = FILE) -> None:
    """A file's timetable, in the place of what was there. Raises Misconfigured."""
    organisation = changes.lock(session)
    weekly.read(said, {team.code: team.id for team in teams.every(session)})
    before = organisation.settings.get(weekly.KEY)
    changes.record(session, by, area=weekly.KEY, about="all", before=before, after=said)
    changes.put(organisation, weekly.KEY, said)


def keep(session: Session, receiver: str, line: Mapping[str, str] | None, *, by: By) -> None:
    """The managers' line, or a team's; None switches it off. Refused when it cannot be read or somebody saved meanwhile."""
    organisation = changes.lock(session)
    before = shown(session, receiver)
    changes.demand_unseen(session, by, area=weekly.KEY, about=receiver, before=before)
    kept = dict(organisation.settings.get(weekly.KEY, {}))
    said: Any = weekly.OFF if line is None else dict(line)
    if receiver == weekly.MANAGERS:
        kept[weekly.MANAGERS] = said
    else:
        kept["teams"] = kept.get("teams", {}) | {receiver: said}
    kept.setdefault(weekly.MANAGERS, dict(weekly.USUAL))
    try:
        weekly.read(kept, {team.code: team.id for team in teams.every(session)})
    except Misconfigured as error:
        raise Refused(f"{error.what}. Nothing was saved.") from error
    changes.put(organisation, weekly.KEY, kept)
    changes.record(session, by, area=weekly.KEY, about=receiver, before=before, after=shown(session, receiver))


def shown(session: Session, receiver: str) -> dict[str, str] | None:
    """What a form shows of a line, for `changes.mark`; None while it is off."""
    line = weekly.of(changes.current(session).settings.get(weekly.KEY), receiver)
    return None if line is None else dict(line)
