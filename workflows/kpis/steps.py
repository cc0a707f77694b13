"""Where runs of a program are lost: step by step, who entered, whom a text reached, who answered, and whose run ended there.

Of the same runs, by the same cohort day, as the funnel and every figure: those of the facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import ProgramRow, ProgramVersion
from workflows.kpis.definitions import FEWEST
from workflows.kpis.periods import Period
from workflows.programs.model import AskStep, OutcomeStep, SendStep, parse

LOST = ("declined", "unreachable", "opted_out", "wrong_number", "withdrawn")
"""Outcomes in which the program lost the patient; the others are what it is for, or nobody's choice."""

WALKED = """
    walked AS (
        SELECT k.program AS code, k.outcome, s.enrollment_id, s.step, min(s.entered_at) AS entered_at, max(s.left_at) AS left_at,
            bool_or(s.left_at IS NULL) AS still, min(s.id) AS began, max(s.id) AS place
        FROM kpi_enrollments k JOIN enrollment_steps s ON s.org_id = :org AND s.enrollment_id = k.enrollment_id
        WHERE k.org_id = :org AND k.day BETWEEN :first AND :last AND k.counted AND k.program = ANY(CAST(:programs AS text[]))
          AND (k.program, s.step) NOT IN (SELECT * FROM unnest(CAST(:ending_programs AS text[]), CAST(:ending_steps AS text[])))
        GROUP BY 1, 2, 3, 4
    ), places AS (
        SELECT walked.*, outcome <> 'running' AND row_number() OVER (PARTITION BY enrollment_id ORDER BY place DESC) = 1 AS ended,
            outcome = ANY(CAST(:lost AS text[])) AS lost
        FROM walked
    )
"""
"""Who entered which step, and where each run ended. Nothing is joined to itself: whatever is known of new rows, it is one pass."""

COUNTED = text(
    f"""
    WITH {WALKED}
    SELECT step, count(*) AS entered,
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM messages m WHERE m.org_id = :org AND m.enrollment_id = p.enrollment_id AND m.direction = 'out'
              AND m.step = p.step AND m.state IN ('delivered', 'read'))) AS delivered,
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM messages i WHERE i.org_id = :org AND i.enrollment_id = p.enrollment_id AND i.direction = 'in'
              AND i.created_at >= p.entered_at AND (p.still OR i.created_at <= p.left_at))) AS replied,
        count(*) FILTER (WHERE ended) AS ended, count(*) FILTER (WHERE ended AND lost) AS lost
    FROM places p GROUP BY step ORDER BY min(began), step
    """  # noqa: S608 - our own words
)

LOST_AT = text(
    f"""
    WITH {WALKED}
    SELECT code, step, count(*) AS entered, count(*) FILTER (WHERE ended AND lost) AS lost
    FROM places GROUP BY code, step ORDER BY code, min(began), step
    """  # noqa: S608 - our own words
)
"""Entered and lost of several programs at once, without looking at any text."""


@dataclass(frozen=True, slots=True)
class LostAt:
    """How many runs entered a step and were lost to the program there."""

    step: str
    title: str
    entered: int
    lost: int


@dataclass(frozen=True, slots=True)
class StepCount:
    """Runs of one step. `text`: it sends one (else `delivered` says nothing). `ended`: their last step before the end, of them `lost`
    to the program (declined, unreachable, opted out, wrong number, withdrawn).
    """

    step: str
    title: str
    entered: int
    delivered: int
    replied: int
    ended: int
    lost: int
    text: bool

    @property
    def lost_share(self) -> float | None:
        """Of those who entered; None of fewer than ten."""
        return self.lost / self.entered if self.entered >= FEWEST else None


def drop_off(session: Session, period: Period, program: str) -> list[StepCount]:
    """The steps of the runs begun in the period, in the order in which the program has them; steps that only end a run are left out."""
    steps = _steps(session, [program])
    known = steps[program]
    rows = session.execute(COUNTED, _asked(session, period, steps)).all()
    order = {name: place for place, name in enumerate(known)}
    found = [
        StepCount(
            row.step, _title(row.step), row.entered, row.delivered, row.replied, row.ended, row.lost,
            known.get(row.step) in (AskStep, SendStep),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: order.get(one.step, len(order)))


def lost_at(session: Session, period: Period, programs: Sequence[str]) -> dict[str, list[LostAt]]:
    """By program, the same `entered` and `lost` as `drop_off` has them."""
    asked = _asked(session, period, _steps(session, programs))
    found: dict[str, list[LostAt]] = {code: [] for code in programs}
    for row in session.execute(LOST_AT, asked):
        found[row.code].append(LostAt(row.step, _title(row.step), row.entered, row.lost))
    return found


def _asked(session: Session, period: Period, known: Mapping[str, Mapping[str, type]]) -> dict[str, Any]:
    endings = [(code, name) for code, steps in known.items() for name, kind in steps.items() if kind is OutcomeStep]
    return {
        "org": org_of(session), "programs": list(known), "first": period.first, "last": period.last, "lost": list(LOST),
        "ending_programs": [code for code, _ in endings], "ending_steps": [name for _, name in endings],
    }  # fmt: skip


def worst(steps: list[StepCount]) -> StepCount | None:
    """The step that loses the largest share of those who enter it, of equals the one that loses more; None where nobody is lost."""
    losing = [one for one in steps if one.lost and one.lost_share is not None]
    return max(losing, key=lambda one: (one.lost_share or 0.0, one.lost), default=None)


def _steps(session: Session, programs: Sequence[str]) -> dict[str, dict[str, type]]:
    """By program, the steps of every version by their kind, the newest's order first: runs are on more than one."""
    sources = session.execute(
        select(ProgramRow.code, ProgramVersion.source)
        .join(ProgramRow, (ProgramRow.org_id == ProgramVersion.org_id) & (ProgramRow.id == ProgramVersion.program_id))
        .where(ProgramVersion.org_id == org_of(session), ProgramRow.code.in_(programs))
        .order_by(ProgramVersion.number.desc())
    )
    known: dict[str, dict[str, type]] = {code: {} for code in programs}
    for code, source in sources:
        for name, step in parse(source).steps.items():
            known[code].setdefault(name, type(step))
    return known


def _title(step: str) -> str:
    return step.replace("_", " ").capitalize()
