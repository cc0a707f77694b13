"""What a launch would do, before anybody launches it: who, who not and why, words, segments, cost, days, and what bounds them (N3)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of, vault
from storage.tables import Campaign, CampaignMember, Case, Patient, PhoneNumber, Site, Slot
from workflows import surroundings
from workflows.campaigns import launching, limits, ramp, records, spans, verdicts, wordings
from workflows.campaigns.limits import Limits
from workflows.campaigns.wordings import Sample
from workflows.places import Where
from workflows.programs.model import Program
from workflows.staff import PRACTICE

READ = 5_000  # rows opened at a time: memory stays flat
PLACE = text(
    """
    UPDATE campaign_members m SET place = p.place
    FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS text[])) AS p (id, place)
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = p.id
    """
)
DICE = text(
    """
    UPDATE campaign_members m SET
        holdout = (hashtextextended('h' || m.patient_id::text, :seed) & 1048575) / 1048576.0 < :holdout,
        version_id = (CAST(:versions AS uuid[]))[
            1 + mod(hashtextextended('v' || m.patient_id::text, :seed) & 1048575, CAST(:wordings AS bigint))]
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.verdict <> 'excluded'
    """
)
WAVE = text(  # a household's second patient begins when the first one's texts are over
    """
    WITH turns AS (
        SELECT patient_id, hashtextextended(patient_id::text, :seed) AS dice,
               row_number() OVER (PARTITION BY number_id ORDER BY hashtextextended(patient_id::text, :seed)) - 1 AS turn
        FROM campaign_members
        WHERE org_id = :org AND campaign_id = :campaign AND verdict <> 'excluded' AND NOT holdout
    ), placed AS (
        SELECT patient_id, turn, row_number() OVER (ORDER BY dice) - 1 AS place FROM turns
    )
    UPDATE campaign_members m SET wave = width_bucket(p.place::float8, CAST(:ends AS float8[])) + p.turn * :gap
    FROM placed p
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = p.patient_id
    """
)
COUNTS = text(
    "SELECT verdict, reason, holdout, count(*) FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign GROUP BY 1, 2, 3"
)
SHARED = text(
    "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign "
    "AND verdict <> 'excluded' AND NOT holdout GROUP BY number_id HAVING count(*) > 1) shared"
)
TEXTED = text(
    """
    SELECT v.number, lower(split_part(replace(p.language, '_', '-'), '-', 1)), n.first_texted_at IS NULL, count(*)
    FROM campaign_members m
    JOIN patients p ON p.org_id = m.org_id AND p.id = m.patient_id
    JOIN phone_numbers n ON n.org_id = m.org_id AND n.id = m.number_id
    JOIN program_versions v ON v.org_id = m.org_id AND v.id = m.version_id
    WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.verdict = 'eligible' AND NOT m.holdout GROUP BY 1, 2, 3
    """
)
TAKEN = text(
    """
    SELECT m.wave_on, count(*) FROM campaign_members m JOIN campaigns c ON c.org_id = m.org_id AND c.id = m.campaign_id
    WHERE m.org_id = :org AND m.wave_on >= :today AND c.state IN ('launching', 'running', 'paused') AND c.id <> :campaign
    GROUP BY 1
    """
)


def preview(session: Session, campaign_id: UUID, run_id: UUID) -> Campaign:
    """Freeze a cohort's run as this campaign's members, judge each, and write the plan: counts and codes, never a patient's data.

    Only before approval; asked again, it freezes anew. Refused when it is launched or over.
    """
    campaign = records.get(session, campaign_id, lock="update")
    if campaign.state not in ("draft", "previewed"):
        raise Refused(f"Campaign {campaign.number} is {records.WORDS[campaign.state]}. Nothing was changed.")
    campaign.cohort_run_id = run_id
    verdicts.freeze(session, campaign.id, run_id)
    return weigh(session, campaign)


def weigh(session: Session, campaign: Campaign) -> Campaign:
    """Judge the members and write the plan; the campaign is previewed then."""
    records.plan_for_many(session)
    found = wordings.programs(session, campaign)
    program = next(iter(found.values()))
    verdicts.judge(session, campaign, program, languages=wordings.languages(found))
    _locate(session, campaign)
    plan = _planned(session, campaign, program)
    return records.move(
        session, campaign, "previewed", only_from=("draft", "previewed"), actor=records.SYSTEM, also={"plan": plan},
        contacted=plan["contacted"],
    )  # fmt: skip


def _locate(session: Session, campaign: Campaign) -> None:
    """Write down the place of everybody who may be contacted; ZIP and number are opened for this alone, a few thousand at a time."""
    keys, org = vault(session), org_of(session)
    site = session.scalar(select(Site.zone).where(Site.org_id == org).order_by(Site.id).limit(1))
    site = site or surroundings.organisation_of(session).zone
    rows = (
        select(Patient.id, Patient.zip, Patient.state, Patient.stated_zone, PhoneNumber.id, PhoneNumber.e164)
        .join(CampaignMember, (CampaignMember.org_id == Patient.org_id) & (CampaignMember.patient_id == Patient.id))
        .join(PhoneNumber, (PhoneNumber.org_id == CampaignMember.org_id) & (PhoneNumber.id == CampaignMember.number_id))
        .where(
            CampaignMember.org_id == org,
            CampaignMember.campaign_id == campaign.id,
            CampaignMember.verdict != "excluded",
        )
        .order_by(Patient.id)
        .limit(READ)
    )
    last: UUID | None = None
    while batch := session.execute(rows.where(Patient.id > last) if last else rows).all():
        places = [
            spans.key(
                Where(
                    stated_zone=stated,
                    zip=keys.open(code, "patients.zip", patient) if code else None,
                    state=state,
                    site_zone=site,
                    number=keys.open(e164, "phone_numbers.e164", number),
                )
            )
            for patient, code, state, stated, number, e164 in batch
        ]
        ids = [row[0] for row in batch]
        session.execute(PLACE, {"org": org, "campaign": campaign.id, "ids": ids, "places": places})
        last = ids[-1]


def _planned(session: Session, campaign: Campaign, program: Program) -> dict[str, Any]:
    where = {"org": org_of(session), "campaign": campaign.id, "seed": campaign.seed}
    known, organisation = limits.of(session), surroundings.organisation_of(session)
    words = wordings.samples(session, campaign, organisation)
    wordings_ = {"versions": [UUID(version) for version in campaign.version_ids], "wordings": len(campaign.version_ids)}
    session.execute(DICE, where | wordings_ | {"holdout": campaign.holdout})
    counts = _counts(session, where)
    begins = now(session).astimezone(ZoneInfo(organisation.zone))
    room = ramp.Room(
        free_slots=_free_slots(session, known),
        open_cases=_open_cases(session, campaign),
        segments=max((sample.whole for sample in words), default=1),
        taken={day: n for day, n in session.execute(TAKEN, where | {"today": begins.date()})},  # noqa: C416 - a Row is no tuple of two
        needs_slots=program.goal.appointment == "booked",
    )
    pace = ramp.daily(room, known)
    waves = ramp.waves(counts["contacted"], pace, begins=begins, taken=room.taken)
    _assign(session, where, waves, known)
    return (
        counts
        | {
            "at": now(session).isoformat(),
            "samples": [asdict(sample) for sample in words],
            "households": int(session.scalar(SHARED, where) or 0),
            "capacity": {"free_slots": room.free_slots, "open_cases": room.open_cases} | asdict(pace),
            "carrier": {"per_day": known.carrier_segments_per_day, "taken": sum(room.taken.values())},
            "fits": ramp.holds(waves) >= counts["contacted"],
            "finish": _finish(session, where),
            "needs_approval": counts["contacted"] > known.approve_above,
        }
        | _cost(session, where, words, known)
    )


def _counts(session: Session, where: dict[str, Any]) -> dict[str, Any]:
    """`texts` and `calls` are contacted, `holdout` are not though they could be, `excluded` says why not."""
    found: dict[str, Any] = {"cohort": 0, "texts": 0, "calls": 0, "holdout": 0, "excluded": {}}
    for verdict, reason, holdout, n in session.execute(COUNTS, where):
        found["cohort"] += n
        if verdict == "excluded":
            found["excluded"][reason] = n
        elif holdout:
            found["holdout"] += n
        else:
            found["texts" if verdict == "eligible" else "calls"] += n
    found["excluded"] = dict(sorted(found["excluded"].items(), key=lambda item: (-item[1], item[0])))
    return found | {"contacted": found["texts"] + found["calls"]}


def _assign(session: Session, where: dict[str, Any], waves: Sequence[ramp.Wave], known: Limits) -> None:
    ends, total = [], 0
    for wave in waves:
        total += wave.most
        ends.append(total)
    gap = max(1, round(known.household_gap_days * 6 / 7))
    session.execute(WAVE, where | {"ends": ends[:-1] or [max(1, total)], "gap": gap})


def _cost(session: Session, where: dict[str, Any], words: Sequence[Sample], known: Limits) -> dict[str, Any]:
    """Segments and dollars of the first texts, and of all texts if nobody answers."""
    by_key = {(sample.version, sample.language): sample for sample in words}
    first = most = 0
    for version, language, new, n in session.execute(TEXTED, where):
        sample = by_key[(version, language)]
        begin = sample.first if new else sample.segments
        first += begin * n
        most += (begin + sample.whole - sample.segments) * n
    price = known.price_per_segment_usd
    return {
        "segments": {"first": first, "most": most},
        "usd": {"first": round(first * price, 2), "most": round(most * price, 2)},
    }


def _finish(session: Session, where: dict[str, Any]) -> list[dict[str, str]]:
    """When the last patient of each zone has had the first text, if it were launched now."""
    last = session.execute(
        text(
            "SELECT place, max(wave) FROM campaign_members WHERE org_id = :org AND campaign_id = :campaign AND wave IS NOT NULL "
            "GROUP BY place"
        ),
        where,
    ).all()
    if not last:
        return []
    _, _, ends = launching.span_of(session, [(place, wave) for place, wave in last], begins=now(session))
    zones: dict[str, datetime] = {}
    for (place, _), end in zip(last, ends, strict=True):
        zone = spans.zone_of(place)
        zones[zone] = max(zones.get(zone, end), end)
    return [{"zone": zone, "at": at.isoformat()} for zone, at in sorted(zones.items())]


def _free_slots(session: Session, known: Limits) -> int:
    ends = now(session) + timedelta(days=known.horizon_days)
    found = select(func.count()).where(
        Slot.org_id == org_of(session), Slot.status == "free", Slot.start_at > now(session), Slot.start_at < ends,
        Slot.held_by_case.is_(None),
    )  # fmt: skip
    return session.scalar(found) or 0


def _open_cases(session: Session, campaign: Campaign) -> int:
    found = select(func.count()).where(
        Case.org_id == org_of(session), Case.team_id == campaign.team_id, Case.state != "closed",
        Case.kind != PRACTICE,
    )  # fmt: skip
    return session.scalar(found) or 0
