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
from storage.db import now, org_of
from storage.tables import Campaign
from workflows import pilot, surroundings
from workflows.campaigns import ramp, records, spans, verdicts, wordings

CHUNK = 10_000
STARTED = "SELECT FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign AND enrollment_id IS NOT NULL"
NEXT = """
    SELECT patient_id, place, wave, number_id, version_id FROM campaign_members
    WHERE org_id = :org AND campaign_id = :campaign AND enrollment_id IS NULL AND verdict <> 'excluded' AND NOT holdout
    ORDER BY wave, patient_id LIMIT :most
"""
DAYS = text(f"SELECT place, wave FROM ({NEXT}) next GROUP BY place, wave ORDER BY wave, place")  # noqa: S608 - our own words
LAUNCH = text(
    f"""
    WITH span AS (
        SELECT * FROM unnest(CAST(:places AS text[]), CAST(:waves AS int[]), CAST(:days AS date[]),
                             CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[])) AS s (place, wave, day, first, last)
    ), next AS MATERIALIZED ({NEXT} FOR UPDATE), pick AS MATERIALIZED (
        SELECT n.patient_id, n.number_id, n.version_id, s.day,
               s.first + (s.last - s.first) * (hashtextextended(n.patient_id::text, :seed) & 1048575) / 1048576.0 AS wake_at
        FROM next n JOIN span s ON s.place = n.place AND s.wave = n.wave
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
    UPDATE campaign_members m SET enrollment_id = b.id, wave_on = p.day
    FROM begun b JOIN pick p ON p.patient_id = b.patient_id
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = b.patient_id
    RETURNING m.enrollment_id
    """  # noqa: S608 - our own words
)


def launch(session: Session, campaign_id: UUID, *, most: int = CHUNK) -> int:
    """Enrol the next `most` members of a campaign that is launching; how many. 0: all of them are.

    Before the first, the verdicts are asked again: who opted out or was booked since the preview is left out.
    """
    campaign = records.get(session, campaign_id, lock=True)
    if campaign.state != "launching":
        return 0
    where = {"org": org_of(session), "campaign": campaign.id, "most": most}
    records.plan_for_many(session)
    if session.scalar(text(f"SELECT NOT EXISTS ({STARTED})"), where):
        found = wordings.programs(session, campaign)
        verdicts.judge(session, campaign, next(iter(found.values())), languages=wordings.languages(found))
    grant = _runs(session, campaign, where)
    where["most"] = grant.granted
    groups = [(place, wave) for place, wave in session.execute(DAYS, where)]
    if not groups:
        return 0
    run = {"phase": grant.phase, "pilot": grant.pilot_id, "first": grant.first}
    ids = session.scalars(LAUNCH, where | run | _plan(session, campaign, groups) | _context(session, campaign)).all()
    shown = [show("enr", enrollment) for enrollment in ids]
    audit.record_many(
        session, "enrollment.started", actor=_owner(campaign), kind="enrollment", subjects=shown,
        campaign=campaign.number, reason="campaign.member",
    )  # fmt: skip
    return len(shown)


def _runs(session: Session, campaign: Campaign, where: dict[str, Any]) -> pilot.Grant:
    """How many of the next may start, by the pilot gate; they are counted only where it counts."""
    key = pilot.Key(campaign.program_id, "campaign")
    if pilot.left(session, key) is None:
        return pilot.take(session, key, want=where["most"])
    waiting = session.scalar(text(f"SELECT count(*) FROM ({NEXT}) next"), where)  # noqa: S608 - our own words
    return pilot.take(session, key, want=int(waiting or 0))


def span_of(
    session: Session, groups: Sequence[tuple[str, int]], *, begins: datetime, first_wave: int = 0
) -> tuple[list[date], list[datetime], list[datetime]]:
    """(days, first instants, last instants) of these (place, wave); `first_wave` is the first texting day from `begins` on."""
    local = begins.astimezone(ZoneInfo(surroundings.organisation_of(session).zone))
    days = ramp.days(local, max(wave for _, wave in groups) - first_wave + 1)
    chosen = [days[wave - first_wave] for _, wave in groups]
    planned = [spans.planned(place, day, after=now(session)) for (place, _), day in zip(groups, chosen, strict=True)]
    return chosen, [first for first, _ in planned], [last for _, last in planned]


def _plan(session: Session, campaign: Campaign, groups: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """A launch that goes on after a crash keeps to the days it began with; after a pause its days are counted from now."""
    resumed = campaign.launched_at is None or campaign.state_at > campaign.launched_at
    begins = now(session) if resumed or campaign.launched_at is None else campaign.launched_at
    first_wave = min(wave for _, wave in groups) if resumed else 0
    days, firsts, lasts = span_of(session, groups, begins=begins, first_wave=first_wave)
    places, waves = [place for place, _ in groups], [wave for _, wave in groups]
    return {"places": places, "waves": waves, "days": days, "firsts": firsts, "lasts": lasts}


def _context(session: Session, campaign: Campaign) -> dict[str, Any]:
    """S15, S90: each enrollment carries why it began and for whom it was meant."""
    program = records.program_of(session, campaign)
    context = {
        "campaign": campaign.number, "program": program.code, "reason": campaign.reason, "population": campaign.population,
    }  # fmt: skip
    return {
        "now": now(session), "owner": _owner(campaign), "seed": campaign.seed, "program": campaign.program_id,
        "context": json.dumps(context),
    }  # fmt: skip


def _owner(campaign: Campaign) -> str:
    return f"staff:{campaign.launched_by or campaign.created_by}"
