"""What has become of a campaign's patients, counted now; and what the campaign itself changed, against its holdout (N9)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Campaign
from workflows.campaigns import records
from workflows.intervals import difference

GONE = "('sending', 'unknown', 'accepted', 'sent', 'presumed_sent', 'delivered', 'undelivered', 'failed', 'read')"
NOW = text(
    f"""
    SELECT count(*) AS contacted, count(*) FILTER (WHERE e.step IS NULL AND e.state <> 'ended') AS waiting,
        count(*) FILTER (WHERE t.sent) AS texted, count(*) FILTER (WHERE t.replied) AS replied,
        count(*) FILTER (WHERE e.outcome = 'booked') AS booked,
        count(*) FILTER (WHERE e.outcome = 'opted_out') AS opted_out,
        count(*) FILTER (WHERE e.outcome = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE e.state = 'ended') AS ended,
        count(*) FILTER (WHERE c.id IS NOT NULL) AS needs_person,
        coalesce(sum(t.judged), 0) AS judged, coalesce(sum(t.delivered), 0) AS delivered, coalesce(sum(t.filtered), 0) AS filtered
    FROM enrollments e
    LEFT JOIN (
        SELECT m.enrollment_id, bool_or(m.direction = 'out' AND m.purpose = 'program' AND m.state IN {GONE}) AS sent,
            bool_or(m.direction = 'in') AS replied,
            count(*) FILTER (WHERE m.direction = 'out' AND m.state IN ('delivered', 'read', 'undelivered', 'failed')) AS judged,
            count(*) FILTER (WHERE m.direction = 'out' AND m.state IN ('delivered', 'read')) AS delivered,
            count(*) FILTER (WHERE m.error_code = '30007') AS filtered
        FROM messages m JOIN enrollments mine ON mine.org_id = m.org_id AND mine.id = m.enrollment_id
        WHERE m.org_id = :org AND mine.campaign_id = :campaign GROUP BY 1
    ) t ON t.enrollment_id = e.id
    LEFT JOIN (SELECT DISTINCT enrollment_id AS id FROM cases WHERE org_id = :org AND state <> 'closed') c ON c.id = e.id
    WHERE e.org_id = :org AND e.campaign_id = :campaign
    """  # noqa: S608 - our own words
)
LEFT = text(
    "SELECT count(*) FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign AND wave IS NOT NULL "
    "AND enrollment_id IS NULL"
)
OVERDUE = text(
    "SELECT count(*) FROM cases WHERE org_id = :org AND team_id = :team AND state NOT IN ('closed', 'snoozed') AND due_at < :now"
)
EFFECT = text(  # a visit booked after the launch, by whatever way: the holdout books too
    """
    SELECT m.holdout, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM appointments a WHERE a.org_id = :org AND a.patient_id = m.patient_id
          AND a.status IN ('booked', 'arrived', 'fulfilled', 'checked-in') AND a.start_at > :since
          AND coalesce(a.ehr_updated_at, a.start_at) >= :since))
    FROM campaign_members m
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.verdict <> 'excluded' AND (m.holdout OR m.enrollment_id IS NOT NULL)
    GROUP BY m.holdout
    """
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Patients, not messages, but for the last three: texts with a final word, delivered ones, ones that a carrier filtered."""

    contacted: int
    waiting: int
    texted: int
    replied: int
    booked: int
    opted_out: int
    withdrawn: int
    ended: int
    needs_person: int
    judged: int
    delivered: int
    filtered: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Patients with a visit booked since the launch, of those contacted and of the holdout; `difference` with its 95 % interval.

    The interval is `intervals.difference`'s. None without a holdout.
    """

    treated: int
    treated_booked: int
    holdout: int
    holdout_booked: int
    difference: float | None
    low: float | None
    high: float | None


def now_of(session: Session, campaign: Campaign) -> Counts:
    """One statement, as things are now."""
    row = session.execute(NOW, {"org": org_of(session), "campaign": campaign.id}).one()
    return Counts(**{name: int(value) for name, value in row._mapping.items()})


def not_enrolled(session: Session, campaign: Campaign) -> int:
    """Members that the launch has still to enrol."""
    return int(session.scalar(LEFT, {"org": org_of(session), "campaign": campaign.id}) or 0)


def overdue(session: Session, campaign: Campaign) -> int:
    """Cases of the receiving team past their due time."""
    where: dict[str, Any] = {"org": org_of(session), "team": campaign.team_id, "now": now(session)}
    return int(session.scalar(OVERDUE, where) or 0)


def effect(session: Session, campaign_id: UUID) -> Effect:
    """What the campaign changed: bookings of those contacted beside those of the random holdout. Refused before the launch."""
    campaign = records.get(session, campaign_id)
    if campaign.launched_at is None:
        raise Refused(f"Campaign {campaign.number} is not launched yet.")
    where = {"org": org_of(session), "campaign": campaign.id, "since": campaign.launched_at - timedelta(seconds=1)}
    found = {held: (int(n), int(booked)) for held, n, booked in session.execute(EFFECT, where)}
    treated, control = found.get(False, (0, 0)), found.get(True, (0, 0))
    return compare(treated, control)


def compare(treated: tuple[int, int], control: tuple[int, int]) -> Effect:
    """(n, booked) of both groups."""
    found = difference(treated, control)
    if found is None:
        return Effect(*treated, *control, None, None, None)
    return Effect(*treated, *control, found.value, found.low, found.high)
