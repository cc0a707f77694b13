"""The programs begin to be there with the teams: before that nothing may start, since its cases would have nowhere to go."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import ProgramRow
from workflows import cohorts, publishing
from workflows.organising import changes
from workflows.packs import installing

PACK = "pack_wanted"


def remember(session: Session, pack: str | None) -> None:
    """Which pack it is to be once the teams are there."""
    if pack is not None:
        changes.put(changes.lock(session), PACK, pack)


def programs(session: Session, pack: str | None, *, actor: str) -> None:
    """Publish the pack, unless it is there already; without one, all that comes with Careloop. Raises Misconfigured."""
    there = installing.installed(session)
    if pack is not None and pack != there:
        installing.install(session, pack, actor=actor)
    elif there is None:
        publishing.publish_built_in(session, actor=actor)
        cohorts.save_built_in(session, actor=actor)


def begin(session: Session, *, actor: str) -> None:
    """The last of the needed teams was made: publish what was waiting for it, once."""
    published = select(ProgramRow.id).where(ProgramRow.org_id == org_of(session))
    if session.scalar(published.limit(1)) is None:
        programs(session, changes.current(session).settings.get(PACK), actor=actor)
