"""Programs and campaigns with their state and how far they are (S62): a row each, counted over all their runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Campaign, CampaignMember, Cohort, Enrollment, Halt, ProgramRow

WEEK = timedelta(days=7)
MOST_CAMPAIGNS = 20


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
