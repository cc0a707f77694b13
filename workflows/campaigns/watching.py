"""What the clock does for campaigns: pause one that goes wrong, end one that is through, begin the next of a recurring one."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from core import clock
from storage.db import now, org_of
from storage.tables import Campaign
from workflows.campaigns import counts, limits, records, recurring, steering
from workflows.campaigns.counts import Counts
from workflows.campaigns.limits import Limits

EVERY = timedelta(seconds=60)  # of machine time

Crossed = tuple[str, dict[str, int]]


def due(session: Session) -> list[UUID]:
    """Campaigns to look at now, marked as looked at: each live one once a minute, a recurring one when its next run has come."""
    before = clock.machine() - EVERY
    look = update(Campaign).where(
        Campaign.org_id == org_of(session),
        or_(Campaign.tended_at.is_(None), Campaign.tended_at < before),
        or_(Campaign.state == "running", Campaign.next_run_at <= now(session)),
    )
    done = look.values(tended_at=clock.machine()).returning(Campaign.id).execution_options(synchronize_session=False)
    return list(session.scalars(done))


def tend(session: Session, campaign_id: UUID) -> None:
    """Look at one: too many opt-outs, filtered or lost texts, or a team that is behind, and it is paused; through, and it is over."""
    campaign = records.get(session, campaign_id, lock="update")
    if campaign.next_run_at is not None and campaign.next_run_at <= now(session):
        recurring.repeat(session, campaign)
    if campaign.state != "running":
        return
    numbers = counts.now_of(session, campaign)
    crossed = judge(numbers, counts.overdue(session, campaign), limits.of(session))
    if crossed:
        steering.pause(session, campaign.id, by=None, why=crossed[0], **crossed[1])
    elif numbers.ended == numbers.contacted and not counts.not_enrolled(session, campaign):
        records.move(
            session, campaign, "done", only_from=("running",), actor=records.SYSTEM, also={"ended_at": now(session)}
        )
    else:
        records.tell(session, campaign)


def judge(numbers: Counts, overdue: int, known: Limits) -> Crossed | None:
    """The first threshold that is crossed, with the numbers that crossed it. Rates mean nothing before `judge_from` texts."""
    rules: Sequence[tuple[bool, Crossed]] = (
        (
            numbers.texted >= known.judge_from and numbers.opted_out > known.pause_at_opt_outs * numbers.texted,
            ("opt_outs", {"of": numbers.texted, "crossed": numbers.opted_out}),
        ),
        (
            numbers.judged >= known.judge_from and numbers.filtered > known.pause_at_filtered * numbers.judged,
            ("filtered", {"of": numbers.judged, "crossed": numbers.filtered}),
        ),
        (
            numbers.judged >= known.judge_from and numbers.delivered < known.pause_under_delivered * numbers.judged,
            ("delivery", {"of": numbers.judged, "crossed": numbers.judged - numbers.delivered}),
        ),
        (
            overdue > known.pause_at_overdue_cases and numbers.waiting > 0,
            ("backlog", {"of": known.pause_at_overdue_cases, "crossed": overdue}),
        ),
    )
    return next((crossed for true, crossed in rules if true), None)
