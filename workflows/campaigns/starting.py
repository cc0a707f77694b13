"""From a preview to a launch: a second person approves above a size, one click launches, two clicks launch once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Campaign, CampaignApproval
from workflows import pilot, staff
from workflows.campaigns import records
from workflows.roles import Verb, demand
from workflows.staff import Who

FRESH = timedelta(days=7)  # an older preview says little about today


def ask_approval(session: Session, campaign_id: UUID, *, by: Who) -> Campaign:
    """The launcher is content with the preview and asks for a second person; the card says so."""
    demand(by.role, Verb.LAUNCH)
    campaign = _ready(session, campaign_id)
    also = {"launched_by": by.id}
    return records.move(
        session, campaign, "previewed", only_from=("previewed",), actor=by.actor, also=also, asked="approval"
    )


def approve(session: Session, campaign_id: UUID, *, by: Who) -> Campaign:
    """A second person's yes to this preview. Refused for the launcher, and when somebody has approved it already."""
    demand(by.role, Verb.LAUNCH)
    campaign = _ready(session, campaign_id)
    if by.id in (campaign.created_by, campaign.launched_by):
        raise Refused(f"Campaign {campaign.number} is yours: a second person has to approve it. Nothing was changed.")
    approved = records.move(
        session, campaign, "approved", only_from=("previewed",), actor=by.actor, contacted=campaign.plan["contacted"]
    )
    session.add(
        CampaignApproval(
            org_id=org_of(session), campaign_id=campaign.id, staff_id=by.id, at=now(session),
            contacted=campaign.plan["contacted"],
        )
    )  # fmt: skip
    return approved


def start(session: Session, campaign_id: UUID, *, by: Who) -> Campaign:
    """Launch: the workers enrol its patients from now on (`launch`). Refused while a second person's approval is missing."""
    demand(by.role, Verb.LAUNCH)
    campaign = _ready(session, campaign_id)
    needed = campaign.plan["needs_approval"]
    if campaign.state == "previewed" and needed:
        raise Refused(
            f"Campaign {campaign.number} is larger than one manager may launch (contacted: {campaign.plan['contacted']}): a second "
            "person has to approve it first. Nothing was launched."
        )
    begun = now(session)
    next_run = begun + timedelta(days=campaign.repeat_days) if campaign.repeat_days else None
    launched = records.move(
        session, campaign, "launching", only_from=("approved",) if needed else ("previewed", "approved"), actor=by.actor,
        also={"launched_by": campaign.launched_by or by.id, "launched_at": begun, "next_run_at": next_run},
        reason=campaign.reason, population=campaign.population, contacted=campaign.plan["contacted"],
    )  # fmt: skip
    records.promise_work(session, launched)
    return launched


def approve_and_start(session: Session, campaign_id: UUID, *, by: Who) -> Campaign:
    """What the approver's one click does."""
    approve(session, campaign_id, by=by)
    return start(session, campaign_id, by=by)


def _ready(session: Session, campaign_id: UUID) -> Campaign:
    campaign = records.get(session, campaign_id)
    plan = campaign.plan
    if campaign.state not in ("previewed", "approved"):
        raise Refused(f"Campaign {campaign.number} is {records.WORDS[campaign.state]}. Nothing was changed.")
    if now(session) - datetime.fromisoformat(plan["at"]) > FRESH:
        raise Refused(f"The preview of campaign {campaign.number} is more than a week old. Preview it again.")
    if not plan["contacted"]:
        raise Refused(f"Campaign {campaign.number} has nobody to contact; its preview says why. Nothing was launched.")
    runs = pilot.left(session, pilot.Key(campaign.program_id, "campaign"))
    if runs is not None and plan["contacted"] > runs:
        raise Refused(
            f"The program is being piloted; campaigns have {runs} of its runs left, and campaign {campaign.number} needs "
            f"{plan['contacted']}. Choose a smaller cohort, or see `/outreach pilot`. Nothing was launched."
        )
    if not plan["fits"]:
        raise Refused(
            f"At {plan['capacity']['daily']} patients a day campaign {campaign.number} would take more than a year. "
            "Choose a smaller cohort, or free more slots. Nothing was launched."
        )
    return campaign


def launcher(session: Session, campaign: Campaign) -> str:
    """Who launched it, or would, by name."""
    return staff.name(session, campaign.launched_by or campaign.created_by)
