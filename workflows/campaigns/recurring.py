"""A recurring campaign: counted again on its day, only the newly eligible, approved and paced like the first (S2, S14)."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.db import new_id, now, org_of
from storage.tables import Campaign
from workflows import cohorts, staff
from workflows.campaigns import previews, records, starting


def repeat(session: Session, campaign: Campaign) -> Campaign:
    """The next campaign of a recurring one: same program, cohort, reason and population; counted, approved and paced like the first."""
    last = session.scalar(
        select(func.max(Campaign.run)).where(
            Campaign.org_id == org_of(session), Campaign.series_id == campaign.series_id
        )
    )
    campaign.next_run_at = None  # the one that follows has the next date, once it is launched
    following = new_id(session)
    row = Campaign(
        org_id=org_of(session), id=following, program_id=campaign.program_id, version_ids=campaign.version_ids,
        cohort_id=campaign.cohort_id, team_id=campaign.team_id, reason=campaign.reason, population=campaign.population,
        state="draft", state_at=now(session), seed=following.int & (2**63 - 1), holdout=campaign.holdout,
        re_entry_days=campaign.re_entry_days, created_by=campaign.created_by, created_at=now(session),
        repeat_days=campaign.repeat_days, series_id=campaign.series_id, run=(last or 1) + 1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    records.promise_work(session, row)
    return row


def count(session: Session, campaign: Campaign) -> None:
    """Evaluate the cohort and write the preview. A later run goes on by itself where no second person has to approve it."""
    run = cohorts.evaluate(session, campaign.cohort_id)
    counted = previews.preview(session, campaign.id, run.id)
    if counted.run == 1:
        return
    if not counted.plan["contacted"]:
        over = {"ended_at": now(session), "next_run_at": now(session) + timedelta(days=counted.repeat_days or 1)}
        records.move(session, counted, "done", only_from=("previewed",), actor=records.SYSTEM, also=over, contacted=0)
    elif not counted.plan["needs_approval"] and counted.plan["fits"]:
        starting.start(session, counted.id, by=staff.of_id(session, counted.created_by))
