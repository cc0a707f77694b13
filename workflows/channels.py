"""Where a team's cards stand: in its own channel, or while that takes none, in the fallback channel (docs/slack_refuses.md)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import CardPost, Case, Team
from workflows import surroundings

FALLBACK = "fallback_team"
"""In the organisation's settings: the code of the team whose channel stands in for others."""
OPEN = frozenset({"public", "shared"})
"""Others may read there: nothing of a case stays."""
OUT_OF_REACH = frozenset({"archived", "gone", "not_member"})
"""What stands there cannot be changed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A channel for a case's card. `stands_in`: it is another team's; `shielded`: and nothing of the patient is shown there."""

    channel: str
    name: str
    stands_in: bool = False
    shielded: bool = False


def spot(session: Session, team: Team, posts: Iterable[CardPost]) -> Spot:
    """One channel at any time: a card that went to the fallback channel stays there while that takes cards; others go home if they can."""
    for post in posts:
        if post.stands_in_for == team.id and (post.ts or post.posting_since) and post.channel != team.channel_id:
            there = _taking(session, post.channel)
            if there is not None:
                return _standing_in(there, team)
    if team.channel_problem is not None:
        there = fallback(session, team)
        if there is not None:
            return _standing_in(there, team)
    return Spot(team.channel_id, team.name)


def of_case(session: Session, case: Case) -> Spot:
    """Where a case's card is, or goes."""
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
    posts = session.scalars(select(CardPost).where(CardPost.org_id == org_of(session), CardPost.case_id == case.id))
    return spot(session, team, posts)


def fallback(session: Session, team: Team) -> Team | None:
    """The team whose channel stands in for this one's; None where none is set, or that one takes no cards either."""
    code = surroundings.organisation_of(session).settings.get(FALLBACK)
    if not isinstance(code, str):
        return None
    found = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == code)).first()
    usable = found is not None and found.channel_problem is None and found.channel_id != team.channel_id
    return found if usable else None


def out_of_reach(session: Session) -> frozenset[str]:
    """Channels of teams in which no card can be changed now."""
    found = select(Team.channel_id).where(Team.org_id == org_of(session), Team.channel_problem.in_(OUT_OF_REACH))
    return frozenset(session.scalars(found))


def _taking(session: Session, channel: str) -> Team | None:
    found = select(Team).where(
        Team.org_id == org_of(session), Team.channel_id == channel, Team.channel_problem.is_(None)
    )
    return session.scalars(found.order_by(Team.id).limit(1)).first()


def _standing_in(there: Team, team: Team) -> Spot:
    return Spot(there.channel_id, there.name, stands_in=True, shielded=team.clinical and not there.clinical)
