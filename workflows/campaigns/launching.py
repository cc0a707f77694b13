"""The launch: members become enrollments that the engine starts when their time comes. Set-based, in chunks, resumable.

A chunk is one transaction: trigger events, enrollments, members, ledger and audit together, or none of it. Whoever calls again
after a kill goes on with the members that have no enrollment yet.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit
from storage.arrays import literal
from storage.db import now, org_of
from storage.tables import Campaign
from workflows import pilot, surroundings
from workflows.campaigns import ramp, records, spans, verdicts, wordings

CHUNK = 5_000
ASKED = "asked_again"
PICK = text(
    """
    SELECT patient_id, number_id, version_id, place, wave FROM campaign_members
    WHERE org_id = :org AND campaign_id = :campaign AND wave IS NOT NULL AND enrollment_id IS NULL
    ORDER BY wave, patient_id LIMIT :most FOR UPDATE SKIP LOCKED
    """
)
LAUNCH = text(
    """
    WITH pick AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:patients AS uuid[]), CAST(:numbers AS uuid[]), CAST(:versions AS uuid[]), CAST(:days AS date[]),
                             CAST(:wakes AS timestamptz[])) AS p (patient_id, number_id, version_id, day, wake_at)
    ), heard AS (
        INSERT INTO trigger_events (org_id, source, external_id, kind, occurred_at, received_at, owner, patient_id, context, verdict)
        SELECT :org, 'campaign', CAST(:campaign AS text) || ':' || patient_id, 'campaign.member', :now, :now, :owner, patient_id,
               CAST(:context AS jsonb), 'enrolled'
        FROM pick
        ON CONFLICT (org_id, source, external_id) DO NOTHING
        RETURNING id, patient_id
    ), begun AS (
        INSERT INTO enrollments (org_id, program_id, version_id, patient_id, number_id, trigger_event_id, state, wake_at,
                                 started_at, owner, source, campaign_id, phase, pilot_id, run_no)
        SELECT :org, :program, p.version_id, p.patient_id, p.number_id, h.id, 'active', p.wake_at, :now, :owner, 'campaign', :campaign,
               CAST(:phase AS text), CAST(:pilot AS uuid), CAST(:first AS int) - 1 + row_number() OVER (ORDER BY p.wake_at, p.patient_id)
        FROM pick p JOIN heard h ON h.patient_id = p.patient_id
        RETURNING id, patient_id, number_id, wake_at
    ), noted AS (
        INSERT INTO decisions (org_id, at, verdict, rule, enrollment_id, number_id, detail)
        SELECT :org, :now, 'triggered', 'trigger.campaign', id, number_id,
               CAST(:context AS jsonb) || jsonb_build_object('planned_for', wake_at)
        FROM begun
    )
    UPDATE campaign_members m SET enrollment_id = b.id, wave_on = p.day  -- found by their key: a join alone reads all members
    FROM begun b JOIN pick p ON p.patient_id = b.patient_id
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = ANY(CAST(:patients AS uuid[]))
      AND m.patient_id = b.patient_id
    RETURNING m.enrollment_id
    """
)


def launch(session: Session, campaign_id: UUID, *, most: int = CHUNK) -> int:
    """Enrol the next `most` members of a campaign that is launching; how many. 0: nobody is left, but for those others enrol now.

    Several may do it at once: each takes members that nobody else has taken.
    """
    campaign = records.get(session, campaign_id, lock="share")
    if campaign.state != "launching":
        return 0
    records.plan_for_many(session)
    found = session.execute(PICK, {"org": org_of(session), "campaign": campaign.id, "most": most}).all()
    if not found:
        return 0
    grant = pilot.take(session, pilot.Key(campaign.program_id, "campaign"), want=len(found))
    rows = found[: grant.granted]
    if not rows:
        return 0
    run = {"phase": grant.phase, "pilot": grant.pilot_id, "first": grant.first}
    ids = session.scalars(LAUNCH, _context(session, campaign) | run | _plan(session, campaign, rows)).all()
    shown = [show("enr", enrollment) for enrollment in ids]
    audit.record_many(
        session, "enrollment.started", actor=_owner(campaign), kind="enrollment", subjects=shown,
        campaign=campaign.number, reason="campaign.member",
    )  # fmt: skip
    return len(shown)


def ask_again(session: Session, campaign: Campaign) -> bool:
    """The verdicts once more, just before the first member is enrolled: who opted out or was booked meanwhile is left out.

    False when that was done before.
    """
    if ASKED in campaign.plan:
        return False
    found = wordings.programs(session, campaign)
    verdicts.judge(session, campaign, next(iter(found.values())), languages=wordings.languages(found))
    campaign.plan = campaign.plan | {ASKED: now(session).isoformat()}
    session.flush()
    return True


def span_of(
    session: Session, groups: Sequence[tuple[str, int]], *, begins: datetime, first_wave: int = 0
) -> tuple[list[date], list[datetime], list[datetime]]:
    """(days, first instants, last instants) of these (place, wave); `first_wave` is the first texting day from `begins` on."""
    local = begins.astimezone(ZoneInfo(surroundings.organisation_of(session).zone))
    days = ramp.days(local, max(wave for _, wave in groups) - first_wave + 1)
    chosen = [days[wave - first_wave] for _, wave in groups]
    planned = [spans.planned(place, day, after=now(session)) for (place, _), day in zip(groups, chosen, strict=True)]
    return chosen, [first for first, _ in planned], [last for _, last in planned]


def _plan(session: Session, campaign: Campaign, rows: Sequence[Any]) -> dict[str, Any]:
    """Each patient's day and moment. A launch that goes on after a crash keeps to the days it began with; after a pause it counts anew."""
    groups = sorted({(row.place, row.wave) for row in rows}, key=lambda group: (group[1], group[0]))
    begun = campaign.launched_at if campaign.state_at == campaign.launched_at else None
    first_wave = 0 if begun else groups[0][1]
    found = zip(*span_of(session, groups, begins=begun or now(session), first_wave=first_wave), strict=True)
    spans_ = dict(zip(groups, found, strict=True))
    chosen = [spans_[(row.place, row.wave)] for row in rows]
    return {
        "patients": literal(row.patient_id for row in rows),
        "numbers": literal(row.number_id for row in rows),
        "versions": literal(row.version_id for row in rows),
        "days": literal(day for day, _, _ in chosen),
        "wakes": literal(
            first + (last - first) * spans.share(row.patient_id, campaign.seed)
            for row, (_, first, last) in zip(rows, chosen, strict=True)
        ),
    }


def _context(session: Session, campaign: Campaign) -> dict[str, Any]:
    """S15, S90: each enrollment carries why it began and for whom it was meant."""
    program = records.program_of(session, campaign)
    context = {
        "campaign": campaign.number, "program": program.code, "reason": campaign.reason, "population": campaign.population,
    }  # fmt: skip
    return {
        "org": org_of(session), "campaign": campaign.id, "now": now(session), "owner": _owner(campaign),
        "program": campaign.program_id, "context": json.dumps(context),
    }  # fmt: skip


def _owner(campaign: Campaign) -> str:
    return f"staff:{campaign.launched_by or campaign.created_by}"
