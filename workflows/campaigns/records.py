"""Campaigns as rows: found, moved from state to state by one conditional UPDATE, audited."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, notices, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Campaign, ProgramRow, Team

LIVE = ("launching", "running", "paused")
OPEN = ("draft", "previewed", "approved", *LIVE)
SYSTEM = "system"
WORDS = {
    "draft": "being counted",
    "previewed": "waiting to be launched",
    "approved": "approved already",
    "launching": "being launched already",
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
    "done": "over",
}


def get(session: Session, campaign_id: UUID, *, lock: Literal["", "share", "update"] = "") -> Campaign:
    """The campaign; Refused when there is none with this id in this organisation."""
    found = select(Campaign).where(Campaign.org_id == org_of(session), Campaign.id == campaign_id)
    if lock:
        found = found.with_for_update(read=lock == "share")
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise Refused("There is no such campaign here. Nothing was changed.")
    return row


def by_number(session: Session, number: int) -> Campaign:
    """As people say it: "campaign 12"."""
    row = session.scalar(select(Campaign).where(Campaign.org_id == org_of(session), Campaign.number == number))
    if row is None:
        raise Refused(f"There is no campaign {number} here. Nothing was changed.")
    return row


def program_of(session: Session, campaign: Campaign) -> ProgramRow:
    """The program it launches."""
    return session.scalars(
        select(ProgramRow).where(ProgramRow.org_id == campaign.org_id, ProgramRow.id == campaign.program_id)
    ).one()


def move(
    session: Session,
    campaign: Campaign,
    state: str,
    *,
    only_from: Sequence[str],
    actor: str,
    also: dict[str, Any] | None = None,
    **detail: str | int | None,
) -> Campaign:
    """Change the state if it is still one of `only_from`, with an audit row and a new card; otherwise Refused says what it is.

    One UPDATE, so two people at the same moment cannot both do it.
    """
    values = {"state": state, "state_at": now(session), "version": Campaign.version + 1} | (also or {})
    won = session.scalar(
        update(Campaign)
        .where(Campaign.org_id == org_of(session), Campaign.id == campaign.id, Campaign.state.in_(only_from))
        .values(values)
        .returning(Campaign)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if won is None:
        there = get(session, campaign.id)
        raise Refused(f"Campaign {there.number} is {WORDS[there.state]}. Nothing was changed.")
    audit.record(session, f"campaign.{state}", actor=actor, subject=("campaign", show("cmp", campaign.id)), **detail)
    tell(session, won)
    return won


def tell(session: Session, campaign: Campaign) -> None:
    """The card in the receiving team's channel will be drawn again."""
    channel = session.scalars(
        select(Team.channel_id).where(Team.org_id == org_of(session), Team.id == campaign.team_id)
    ).one()
    notices.tell(session, "campaign", campaign.id, channel=channel)


def promise_work(session: Session, campaign: Campaign) -> None:
    """Its patients' rows do not agree with its state yet: the workers will bring them in line."""
    campaign.settled_at = None
    session.flush()
    outbox.put(session, Topic.CAMPAIGN_WORK, campaign.id, lane=Lane.BULK)


def count_later(session: Session, campaign: Campaign) -> None:
    """The workers will count a draft, and its card will show the preview."""
    promise_work(session, campaign)
    tell(session, campaign)


def plan_for_many(session: Session) -> None:
    """For the rest of this transaction: the planner cannot know how many rows these statements hand on, and would loop over them."""
    session.execute(select(func.set_config("enable_nestloop", "off", True), func.set_config("jit", "off", True)))


def settled(session: Session, campaign: Campaign) -> None:
    """Its patients' rows have followed its state."""
    campaign.settled_at = now(session)
    session.flush()
