"""What Slack says of the teams' channels: cards go to the fallback channel and the admins are told, once, until it is mended."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Promise, Topic
from storage.tables import Case, StaffIdentity, Team
from workflows import cases, channels, paging, slack_refusals
from workflows.organising import changes
from workflows.organising.changes import FILE, By

PROBLEMS = {
    "archived": "it is archived",
    "public": "it is public now",
    "shared": "it is shared with another organisation",
    "not_member": "Careloop is not in it",
    "gone": "it is gone, or Careloop was taken out of it",
    "refuses": "Slack lets Careloop post nothing there",
}
CODES = {
    "is_archived": "archived",
    "not_in_channel": "not_member",
    "channel_not_found": "gone",
    "restricted_action": "refuses",
    **{code: code for code in PROBLEMS},
}
"""What a refused post tells of the channel."""
NOTICE, GUEST = "slack_fallback", "slack_guest"
DESK = "front_office"


def is_ours(session: Session, channel: str) -> bool:
    """Whether a team works in this channel."""
    there = select(Team.id).where(Team.org_id == org_of(session), Team.channel_id == channel)
    return session.scalar(there.limit(1)) is not None


def look(session: Session, channel: str, *, delay_s: float = 0) -> None:
    """Have Slack asked how a channel stands."""
    outbox.put(session, Topic.CHANNEL_CHECK, channel, lane=Lane.ACTIONS, delay_s=delay_s)


def look_at_member(session: Session, channel: str, account: str) -> None:
    """Somebody came into a team's channel: have Slack asked whether it is a guest."""
    if is_ours(session, channel):
        outbox.put(session, Topic.CHANNEL_CHECK, f"{channel}:{account}", lane=Lane.ACTIONS)


def found(session: Session, channel: str, problem: str) -> None:
    """How a channel stands, by Slack's word: a code of PROBLEMS, or "" when cards may go there. Said twice, nothing more happens."""
    mine = (Team.org_id == org_of(session)) & (Team.channel_id == channel)
    was = Team.channel_problem.is_(None) if problem else Team.channel_problem.is_not(None)
    values = {"channel_problem": problem or None, "channel_problem_at": now(session) if problem else None}
    turned = update(Team).where(mine, was).values(**values).returning(Team)
    begun = list(session.scalars(turned.execution_options(synchronize_session=False, populate_existing=True)))
    for team in begun:
        what = "channel.trouble" if problem else "channel.mended"
        audit.record(session, what, actor="slack", subject=("team", show("tem", team.id)), problem=problem or None)
        if problem:
            _tell(session, team)
        else:
            _settle(session, team)
    other = update(Team).where(mine, Team.channel_problem != problem).values(channel_problem=problem).returning(Team.id)
    if problem:
        for team_id in session.scalars(other.execution_options(synchronize_session="fetch")).all():
            _move(session, team_id)  # archived is not public: what may stand there has changed


def set_fallback(session: Session, code: str | None, *, by: By = FILE) -> None:
    """Whose channel stands in for one that takes no cards; None: cards wait. Cards that wait now go there."""
    organisation = changes.lock(session)
    before = organisation.settings.get(channels.FALLBACK)
    known = select(Team.id).where(Team.org_id == org_of(session), Team.code == code)
    if code is not None and session.scalar(known) is None:
        raise Refused(f"There is no team {code[:40]} here. Nothing was saved.")
    changes.put(organisation, channels.FALLBACK, code)
    session.flush()
    if changes.record(session, by, area="fallback", about="organisation", before=before, after=code):
        troubled = select(Team).where(Team.org_id == org_of(session), Team.channel_problem.is_not(None))
        for team in session.scalars(troubled):
            _move(session, team.id)


def strangers(session: Session, accounts: Sequence[str]) -> list[str]:
    """Those who are nobody's of the staff list in good standing: only they can be guests that nobody knows of."""
    known = select(StaffIdentity.external_id).where(
        StaffIdentity.org_id == org_of(session), StaffIdentity.external_id.in_(accounts), StaffIdentity.lost.is_(None)
    )
    ours = set(session.scalars(known))
    return [one for one in accounts if one not in ours]


def guest(session: Session, channel: str, account: str) -> None:
    """A guest is in a team's channel, and reads what stands there: told once."""
    team = session.scalars(
        select(Team).where(Team.org_id == org_of(session), Team.channel_id == channel).order_by(Team.id).limit(1)
    ).first()
    if team is None:
        return
    opening = cases.Opening(
        kind=slack_refusals.KIND, team=DESK, reason=GUEST, due=slack_refusals.DUE, asked=team.name,
        dedupe_key=f"{GUEST}:{channel}:{account}",
    )  # fmt: skip
    slack_refusals.tell(session, opening, tier=paging.GUEST)


def _tell(session: Session, team: Team) -> None:
    """The cards move and the admins hear of it; without a fallback channel they wait, and the admins are paged."""
    if channels.fallback(session, team) is None:
        slack_refusals.no_cards(session, team)
        if team.channel_problem in channels.OPEN:
            _move(session, team.id)
        return
    _move(session, team.id)
    began = team.channel_problem_at
    opening = cases.Opening(
        kind=slack_refusals.KIND, team=team.code, reason=NOTICE, due=slack_refusals.DUE,
        asked=PROBLEMS[team.channel_problem or "gone"], dedupe_key=f"{NOTICE}:{team.id}:{began.isoformat() if began else ''}",
    )  # fmt: skip
    slack_refusals.tell(session, opening, tier=paging.FALLBACK)


def _settle(session: Session, team: Team) -> None:
    """New cards go home; what stands elsewhere stays there, the old cards say so, and the notices are over."""
    _move(session, team.id)
    told = select(Case).where(
        Case.org_id == org_of(session), Case.team_id == team.id, Case.kind == slack_refusals.KIND,
        Case.reason.in_((NOTICE, slack_refusals.NO_CARDS)), Case.state != "closed",
    )  # fmt: skip
    for case in session.scalars(told.order_by(Case.id)):
        cases.close(session, case, disposition="resolved", actor=cases.SYSTEM)


def _move(session: Session, team_id: UUID) -> None:
    """Have the cards of a team's open cases drawn where they belong now."""
    loud = select(Case.id, Case.priority).where(
        Case.org_id == org_of(session), Case.team_id == team_id, Case.state != "closed"
    )
    rows = session.execute(loud.order_by(Case.due_at)).all()
    lanes = dict.fromkeys(paging.LOUD, Lane.SAFETY)
    outbox.put_all(
        session, [Promise(Topic.CARD_SYNC, str(id_), lanes.get(priority, Lane.ACTIONS)) for id_, priority in rows]
    )
