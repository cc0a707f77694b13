"""A day compared with its plan: every foreseen text was sent, kept back, skipped, or its reason ended; the four add up."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import messages
from storage.db import org_of
from workflows import local_days, plans

CLASSES = ("sent", "held", "skipped", "ended")
FATES = text(
    """
    WITH item AS (
        SELECT i.enrollment_id, i.step FROM plan_items i JOIN plan_snapshots s ON s.org_id = i.org_id AND s.id = i.snapshot_id
        WHERE i.org_id = :org AND s.day = :day
    ), seen AS (
        SELECT e.outcome,
            EXISTS (SELECT 1 FROM messages m WHERE m.org_id = :org AND m.enrollment_id = item.enrollment_id AND m.step = item.step
                AND m.direction = 'out' AND m.purpose = 'program' AND m.sent_at >= :begins AND m.sent_at < :ends
                AND m.state = ANY(:counted)) AS sent,
            e.ended_at < :ends AS ended,
            (SELECT d.rule FROM decisions d WHERE d.org_id = :org AND d.enrollment_id = item.enrollment_id
                AND d.verdict IN ('held', 'blocked', 'refused') AND d.at >= :begins AND d.at < :ends
                ORDER BY d.id DESC LIMIT 1) AS kept,
            (SELECT coalesce(m.rule, m.state) FROM messages m WHERE m.org_id = :org AND m.enrollment_id = item.enrollment_id
                AND m.step = item.step AND m.direction = 'out' AND m.state IN ('planned', 'held')
                ORDER BY m.id DESC LIMIT 1) AS waits,
            EXISTS (SELECT 1 FROM enrollment_steps w WHERE w.org_id = :org AND w.enrollment_id = item.enrollment_id
                AND w.left_at >= :taken AND w.left_at < :ends AND w.how NOT IN ('silence', 'skipped', 'over')) AS moved
        FROM item JOIN enrollments e ON e.org_id = :org AND e.id = item.enrollment_id
    ), judged AS (
        SELECT CASE WHEN sent THEN 'sent' WHEN kept LIKE 'skip.%' THEN 'skipped' WHEN ended OR (moved AND kept IS NULL) THEN 'ended'
                    ELSE 'held' END AS fate,
               CASE WHEN sent THEN 'gate.open' WHEN kept LIKE 'skip.%' THEN kept WHEN ended THEN 'outcome.' || outcome
                    WHEN moved AND kept IS NULL THEN 'answered' ELSE coalesce(kept, waits, 'not_due') END AS why
        FROM seen
    )
    SELECT fate, why, count(*) AS texts FROM judged GROUP BY 1, 2 ORDER BY 1, 2
    """
)
ADDED = text(
    """
    SELECT count(DISTINCT m.id) FROM messages m
    WHERE m.org_id = :org AND m.direction = 'out' AND m.purpose = 'program' AND m.sent_at >= :begins AND m.sent_at < :ends
      AND m.state = ANY(:counted) AND NOT EXISTS (
        SELECT 1 FROM plan_items i JOIN plan_snapshots s ON s.org_id = i.org_id AND s.id = i.snapshot_id
        WHERE i.org_id = :org AND s.day = :day AND i.enrollment_id = m.enrollment_id AND i.step = m.step)
    """
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`counts` has the four classes, `why` the rules and outcomes behind them; `added` were sent without being in the plan."""

    day: date
    planned: int
    counts: dict[str, int]
    why: dict[str, int]
    added: int

    @property
    def adds_up(self) -> bool:
        """Whether the four classes are the whole plan."""
        return sum(self.counts.values()) == self.planned


def reconcile(session: Session, day: date) -> Reconciled:
    """What became of each text of the frozen plan, as of now. Refused for a day without a plan."""
    items = plans.frozen(session, day)
    if items is None:
        raise Refused(f"There is no plan of {day:%b %-d}: it is frozen when somebody asks for it, and at midnight.")
    begins, ends = local_days.span(session, day)
    where: dict[str, object] = {
        "org": org_of(session), "day": day, "begins": begins, "ends": ends, "counted": list(messages.COUNTED),
    }  # fmt: skip
    found = session.execute(FATES, where | {"taken": plans.taken_at(session, day)}).all()
    counts = dict.fromkeys(CLASSES, 0)
    for row in found:
        counts[row.fate] += row.texts
    return Reconciled(
        day=day,
        planned=len(items),
        counts=counts,
        why={f"{row.fate}: {row.why}": row.texts for row in found},
        added=session.execute(ADDED, where).scalar_one(),
    )
