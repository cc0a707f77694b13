"""What published programs say that figures go by: what success is, which steps ask a survey or whether instructions are clear, whose
cases they are, where windows begin and how long the long one is. Each version as it was published, since a running one stays on its own.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of
from storage.tables import ProgramVersion
from workflows.programs.model import AskStep, Goal, Program, parse

SURVEY, INSTRUCTIONS = "survey", "instructions"
ASKS = {"survey_0_10": SURVEY, "instruction_check": INSTRUCTIONS}
"""What an asking step is about, by its context."""

MEANT = {"booked": ("booked", "completed"), "confirmed": ("confirmed", "completed"), "fulfilled": ("completed",)}
"""Outcomes that meet a goal about a visit: a program that hears that the patient came ends completed (S93)."""

COLUMNS = """
    terms AS (
        SELECT * FROM unnest(CAST(:versions AS uuid[]), CAST(:wordings AS text[]), CAST(:teams AS text[]), CAST(:from_texts AS boolean[]),
            CAST(:long_days AS int[])) AS t (id, wording, team, from_text, long_days)
    ),
    goals AS (SELECT * FROM unnest(CAST(:goal_versions AS uuid[]), CAST(:goal_outcomes AS text[])) AS g (id, outcome)),
    asks AS (SELECT * FROM unnest(CAST(:ask_versions AS uuid[]), CAST(:ask_steps AS text[]), CAST(:ask_whats AS text[]))
             AS a (id, step, what))
"""
"""The parameters of `load` as tables of a query."""


def load(session: Session) -> dict[str, str]:
    """Every version's terms, as parameters of `COLUMNS`."""
    rows = list(session.scalars(select(ProgramVersion).where(ProgramVersion.org_id == org_of(session))))
    read = [(row, parse(row.source)) for row in rows]
    goals = [(row.id, outcome) for row, program in read for outcome in intended(program.goal)]
    asks = [(row.id, step, what) for row, program in read for step, what in asking(program)]
    columns: dict[str, list[Any]] = {
        "versions": [row.id for row, _ in read],
        "wordings": [f"v{row.number}" for row, _ in read],
        "teams": [program.touch_blocked.case.team for _, program in read],
        "from_texts": [program.measure.from_ == "first_text" for _, program in read],
        "long_days": [program.measure.days for _, program in read],
        "goal_versions": [version for version, _ in goals],
        "goal_outcomes": [outcome for _, outcome in goals],
        "ask_versions": [version for version, _, _ in asks],
        "ask_steps": [step for _, step, _ in asks],
        "ask_whats": [what for _, _, what in asks],
    }
    return {name: literal(values) for name, values in columns.items()}


def intended(goal: Goal) -> tuple[str, ...]:
    """The outcomes that are what the program is for (S109)."""
    return (goal.outcome,) if goal.outcome else MEANT[goal.appointment or "booked"]


def asking(program: Program) -> list[tuple[str, str]]:
    """(step, what it asks about) of the steps that ask a survey, or whether instructions are clear."""
    found: list[tuple[str, str]] = []
    for name, step in program.steps.items():
        if isinstance(step, AskStep):
            what = SURVEY if step.form == SURVEY else ASKS.get(step.context or "")
            found += [(name, what)] if what else []
    return found
