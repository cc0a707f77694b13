"""From a campaign's rows to what its card and its preview show now."""

from dataclasses import asdict
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import campaign as drawing
from bot.blocks import Message
from bot.campaign import CampaignView
from core.ids import show
from storage.db import now, org_of
from storage.tables import Campaign, CampaignApproval
from workflows import staff, surroundings
from workflows.campaigns import counts, records


def notice(session: Session, campaign_id: UUID) -> Message:
    """The card as it has to look now."""
    return drawing.build(view(session, records.get(session, campaign_id)))


def view(session: Session, campaign: Campaign) -> CampaignView:
    """The facts of the card and of the preview."""
    approver = session.scalar(
        select(CampaignApproval.staff_id).where(
            CampaignApproval.org_id == org_of(session), CampaignApproval.campaign_id == campaign.id
        )
    )
    return CampaignView(
        campaign_id=show("cmp", campaign.id),
        number=campaign.number,
        title=records.program_of(session, campaign).title,
        state=campaign.state,
        reason=campaign.reason,
        population=campaign.population,
        plan=campaign.plan,
        numbers=asdict(counts.now_of(session, campaign)) if campaign.launched_at else {},
        paused_for=campaign.paused_for,
        launcher=staff.name(session, campaign.launched_by or campaign.created_by),
        approver=staff.name(session, approver) if approver else None,
        now=now(session),
        zone=ZoneInfo(surroundings.organisation_of(session).zone),
    )
