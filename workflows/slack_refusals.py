"""Slack answers and refuses us: a channel takes no cards, or our access has ended. Whoever looks after Careloop hears of it by phone."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import now, org_of
from storage.tables import Case, Rung, Team
from workflows import cases, channels, on_call, paging

KIND = "system_alert"
TEAM = "front_office"
DUE = "4 hours"
NO_CARDS = "slack_cards"


def card_refused(session: Session, case_id: UUID) -> None:
    """The channel of this case's team takes no cards: one alert a team and day, unless another channel stands in.

    An alert's own card raises no other.
    """
    case = cases.get(session, case_id)
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == case.team_id)).one()
    stood_in_for = team.channel_problem is not None and channels.fallback(session, team) is not None
    if case.kind != KIND and not stood_in_for:
        no_cards(session, team)


def no_cards(session: Session, team: Team) -> None:
    """A team's channel takes no cards and none stands in for it."""
    _alert(session, reason=NO_CARDS, team=team.code, tier=paging.NO_CARDS, about=str(team.id))


def cut_off(session: Session, *, about: str = "workspace") -> None:
    """Slack has ended our access (the app was removed, its token taken back): one alert a day, and of each end that is known by name."""
    _alert(session, reason="slack_cut_off", team=TEAM, tier=paging.CUT_OFF, about=about)


def ends(session: Session, *, about: str) -> None:
    """Slack gives no newer token: our access ends with the one we have, and there are hours left to connect it again."""
    _alert(session, reason="slack_ends", team=TEAM, tier=paging.ENDS, about=about)


def over(session: Session) -> None:
    """Slack is connected again: what told of the end is settled."""
    told = select(Case).where(
        Case.org_id == org_of(session), Case.kind == KIND, Case.reason.in_(("slack_cut_off", "slack_ends")), Case.state != "closed"
    )  # fmt: skip
    for case in session.scalars(told).all():
        try:
            cases.close(session, case, disposition="resolved", actor=cases.SYSTEM)
        except Refused:  # somebody closed it this moment
            continue


def tell(session: Session, opening: cases.Opening, *, tier: str) -> None:
    """A notice that can wait until somebody looks: a case, and once a direct message to the admins; a text to who is not in Slack."""
    case = cases.open_one(session, opening)
    if _told(session, case):
        return
    audit.record(session, opening.reason.replace("_", ".", 1), actor="system", subject=("case", show("cas", case.id)))
    for person in on_call.admins(session):
        if person.in_slack:
            paging.tell(session, case, [person], tier=tier)
        elif person.has_phone:
            paging.text_person(session, case, person.id, tier=tier)


def _alert(session: Session, *, reason: str, team: str, tier: str, about: str) -> None:
    opening = cases.Opening(
        kind=KIND, team=team, reason=reason, due=DUE, priority="high",
        dedupe_key=f"{reason}:{about}:{now(session).date()}",
    )  # fmt: skip
    case = cases.open_one(session, opening)
    if _told(session, case):
        return
    audit.record(session, reason.replace("_", ".", 1), actor="system", subject=("case", show("cas", case.id)))
    for person in {one.id: one for one in (*on_call.admins(session), *on_call.managers(session))}.values():
        if person.has_phone:
            paging.text_person(session, case, person.id, tier=tier)
        elif person.in_slack and tier == paging.NO_CARDS:
            paging.tell(session, case, [person], tier=tier)


def _told(session: Session, case: Case) -> bool:
    """Whoever opened it first has promised the calls; a second worker waited for that one's commit."""
    calls = select(Rung.id).where(Rung.org_id == case.org_id, Rung.case_id == case.id).limit(1)
    return case.state == "closed" or session.scalar(calls) is not None
