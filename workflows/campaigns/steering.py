"""Pause, resume, stop. A click changes the state and holds what is about to leave; the patients' rows follow in chunks (`follow`)."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, outbox
from storage.db import now, org_of
from storage.outbox import Topic
from storage.tables import Campaign
from workflows.campaigns import launching, records, recurring
from workflows.roles import Verb, demand
from workflows.staff import Who

CHUNK = 10_000
HELD = "campaign.paused"

HOLD = text(
    """
    UPDATE messages m SET state = 'held', rule = 'campaign.paused', hold_until = NULL, state_at = :now
    FROM enrollments e
    WHERE e.org_id = :org AND e.campaign_id = :campaign AND m.org_id = :org AND m.enrollment_id = e.id
      AND m.direction = 'out' AND m.purpose = 'program' AND m.state IN ('planned', 'held')
    RETURNING m.id
    """
)
CANCEL = text(
    """
    UPDATE messages m SET state = 'cancelled', rule = 'campaign.stopped', state_at = :now
    FROM enrollments e
    WHERE e.org_id = :org AND e.campaign_id = :campaign AND e.state = 'ended' AND m.org_id = :org AND m.enrollment_id = e.id
      AND m.direction = 'out' AND m.state IN ('planned', 'held')
    RETURNING m.id
    """
)
FREEZE = text(
    """
    WITH pick AS (
        SELECT id, patient_id, wake_at FROM enrollments
        WHERE org_id = :org AND campaign_id = :campaign AND state IN ('active', 'waiting') AND wake_at IS NOT NULL
        ORDER BY id LIMIT :most FOR UPDATE
    ), kept AS (
        UPDATE campaign_members m SET held_wake_at = pick.wake_at
        FROM pick WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = pick.patient_id
    )
    UPDATE enrollments e SET wake_at = NULL, version = version + 1 FROM pick WHERE e.org_id = :org AND e.id = pick.id
    """
)
FROZEN = """
    SELECT m.patient_id, m.enrollment_id, m.place, m.wave, m.held_wake_at
    FROM campaign_members m WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.held_wake_at IS NOT NULL
"""
THAW = text(
    f"""
    WITH span AS (
        SELECT * FROM unnest(CAST(:places AS text[]), CAST(:waves AS int[]), CAST(:days AS date[]),
                             CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[])) AS s (place, wave, day, first, last)
    ), pick AS MATERIALIZED (
        SELECT f.patient_id, f.enrollment_id, f.held_wake_at, e.step IS NULL AS unbegun, s.day,
               s.first + (s.last - s.first) * (hashtextextended(f.patient_id::text, :seed) & 1048575) / 1048576.0 AS soon
        FROM ({FROZEN}) f
        JOIN enrollments e ON e.org_id = :org AND e.id = f.enrollment_id
        JOIN span s ON s.place = f.place AND s.wave = CASE WHEN e.step IS NULL THEN f.wave ELSE :first_wave END
        ORDER BY f.patient_id LIMIT :most
    ), again AS (
        UPDATE messages m SET hold_until = pick.soon
        FROM pick WHERE m.org_id = :org AND m.enrollment_id = pick.enrollment_id AND m.state = 'held' AND m.rule = 'campaign.paused'
    ), back AS (
        UPDATE enrollments e SET version = version + 1,
            wake_at = CASE WHEN pick.unbegun THEN pick.soon ELSE greatest(pick.soon, pick.held_wake_at) END
        FROM pick WHERE e.org_id = :org AND e.id = pick.enrollment_id AND e.state IN ('active', 'waiting') AND e.wake_at IS NULL
    )
    UPDATE campaign_members m SET held_wake_at = NULL, wave_on = CASE WHEN pick.unbegun THEN pick.day ELSE m.wave_on END
    FROM pick WHERE m.org_id = :org AND m.campaign_id = :campaign AND m.patient_id = pick.patient_id
    """  # noqa: S608 - our own words
)
WITHDRAW = text(  # who has answered, or whom a person works on, is not left alone in the middle of a conversation
    """
    WITH pick AS (
        SELECT e.id, e.number_id FROM enrollments e
        WHERE e.org_id = :org AND e.campaign_id = :campaign AND e.state IN ('active', 'waiting')
          AND NOT EXISTS (SELECT FROM cases c WHERE c.org_id = :org AND c.enrollment_id = e.id AND c.state <> 'closed')
          AND NOT EXISTS (SELECT FROM messages m WHERE m.org_id = :org AND m.enrollment_id = e.id AND m.direction = 'in')
        ORDER BY e.id LIMIT :most FOR UPDATE
    ), left_ AS (
        UPDATE enrollment_steps s SET left_at = :now, how = 'campaign.stopped'
        FROM pick WHERE s.org_id = :org AND s.enrollment_id = pick.id AND s.left_at IS NULL
    ), noted AS (
        INSERT INTO decisions (org_id, at, verdict, rule, enrollment_id, number_id, detail)
        SELECT :org, :now, 'ended', 'outcome.withdrawn', id, number_id, '{"by": "campaign.stopped"}'::jsonb FROM pick
    )
    UPDATE enrollments e SET state = 'ended', outcome = 'withdrawn', routing = 'closed', wake_at = NULL, wake_local = NULL,
        ended_at = :now, version = version + 1
    FROM pick WHERE e.org_id = :org AND e.id = pick.id
    RETURNING e.id
    """
)


def pause(session: Session, campaign_id: UUID, *, by: Who | None, why: str = "by_hand", **numbers: int) -> Campaign:
    """Hold everything that has not left; answers are still understood. `by` None: a threshold (`why`) was crossed, with its numbers."""
    if by is not None:
        demand(by.role, Verb.LAUNCH)
    campaign = records.get(session, campaign_id)
    actor = by.actor if by else records.SYSTEM
    also = {"paused_for": why, "plan": campaign.plan | {"paused": numbers}}
    held = records.move(
        session, campaign, "paused", only_from=("launching", "running"), actor=actor, also=also, why=why, **numbers
    )
    _hold(session, held)
    records.promise_work(session, held)
    return held


def resume(session: Session, campaign_id: UUID, *, by: Who, reason: str) -> Campaign:
    """Go on where it stood, spread anew over the coming days; a manager says why it is safe."""
    demand(by.role, Verb.LAUNCH)
    if not reason.strip():
        raise Refused("Say why it is safe to go on. Nothing was changed.")
    campaign = records.get(session, campaign_id)
    going = records.move(
        session, campaign, "launching", only_from=("paused",), actor=by.actor, also={"paused_for": None},
        reason=reason.strip()[:300],
    )  # fmt: skip
    records.promise_work(session, going)
    return going


def stop(session: Session, campaign_id: UUID, *, by: Who, reason: str) -> Campaign:
    """For good: who has not answered gets nothing more and is withdrawn; a conversation that is under way goes on."""
    demand(by.role, Verb.LAUNCH)
    if not reason.strip():
        raise Refused("Say why the campaign is stopped. Nothing was changed.")
    campaign = records.get(session, campaign_id)
    over = records.move(
        session, campaign, "stopped", only_from=records.OPEN, actor=by.actor,
        also={"ended_at": now(session), "next_run_at": None, "paused_for": None}, reason=reason.strip()[:300],
    )  # fmt: skip
    _hold(session, over)
    records.promise_work(session, over)
    return over


def follow(session: Session, campaign_id: UUID, *, most: int = CHUNK) -> bool:
    """Bring the next chunk of patients in line with the campaign's state, whatever was done before; True when more is left."""
    campaign = records.get(session, campaign_id, lock="update")
    records.plan_for_many(session)
    if campaign.state == "draft":
        recurring.count(session, campaign)
        return False
    if campaign.state == "launching":
        return _go(session, campaign, most)
    if campaign.state == "paused":
        left = _freeze(session, campaign, most)
    elif campaign.state == "stopped":
        left = _withdraw(session, campaign, most)
    else:
        left = 0
    if not left:
        records.settled(session, campaign)
    return bool(left)


def _go(session: Session, campaign: Campaign, most: int) -> bool:
    """Enrol who is not, thaw who was paused; then it runs."""
    if launching.ask_again(session, campaign):
        return True  # committed first: then several enrol at the same time
    if launching.launch(session, campaign.id, most=most) or _thaw(session, campaign, most):
        return True
    running = records.move(session, campaign, "running", only_from=("launching",), actor=records.SYSTEM)
    records.settled(session, running)
    return False


def _where(session: Session, campaign: Campaign) -> dict[str, Any]:
    return {"org": org_of(session), "campaign": campaign.id, "now": now(session)}


def _hold(session: Session, campaign: Campaign) -> None:
    gone = session.scalars(HOLD, _where(session, campaign)).all()
    outbox.cancel(session, Topic.TEXT_SEND, [str(message) for message in gone])


def _freeze(session: Session, campaign: Campaign, most: int) -> int:
    _hold(session, campaign)  # what was planned between the click and now
    done = session.execute(FREEZE, _where(session, campaign) | {"most": most})
    return int(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult


def _thaw(session: Session, campaign: Campaign, most: int) -> int:
    where = _where(session, campaign) | {"most": most, "seed": campaign.seed}
    groups = session.execute(
        text(f"SELECT DISTINCT place, wave FROM ({FROZEN}) f ORDER BY wave, place"),  # noqa: S608 - our own words
        where,
    ).all()
    if not groups:
        return 0
    first_wave = min(wave for _, wave in groups)
    wanted = sorted({(place, wave) for place, wave in groups} | {(place, first_wave) for place, _ in groups})
    days, firsts, lasts = launching.span_of(session, wanted, begins=now(session), first_wave=first_wave)
    plan = {
        "places": [p for p, _ in wanted],
        "waves": [w for _, w in wanted],
        "days": days,
        "firsts": firsts,
        "lasts": lasts,
    }
    done = session.execute(THAW, where | plan | {"first_wave": first_wave})
    return int(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult


def _withdraw(session: Session, campaign: Campaign, most: int) -> int:
    where = _where(session, campaign)
    ended = session.scalars(WITHDRAW, where | {"most": most}).all()
    gone = session.scalars(CANCEL, where).all()
    outbox.cancel(session, Topic.TEXT_SEND, [str(message) for message in gone])
    audit.record_many(
        session, "enrollment.ended", actor=records.SYSTEM, kind="enrollment", subjects=[show("enr", one) for one in ended],
        outcome="withdrawn", campaign=campaign.number,
    )  # fmt: skip
    return len(ended)
