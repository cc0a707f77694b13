"""What `app.py facts` writes that is in no table as such: what programs mean, when teams work, what outreach costs."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Case, ProgramVersion, Team
from workflows import business_time, local_days, team_hours
from workflows.kpis import prices
from workflows.kpis.export_columns import Column, Given, Rows, an_id, an_instant
from workflows.programs.model import AskStep, Program, parse

AHEAD = timedelta(days=14)
"""Shifts are told so far beyond today: targets of what is open lie there."""


def _about(session: Session) -> Rows:
    at = now(session).isoformat()
    yield "as_of", at
    yield "zone", local_days.zone(session).key


def _programs(session: Session) -> Rows:
    found = select(ProgramVersion).where(ProgramVersion.org_id == org_of(session)).order_by(ProgramVersion.id)
    for row in session.scalars(found):
        program = parse(row.source)
        goal = program.goal
        yield (
            row.id, program.program, row.number, goal.appointment, goal.outcome, program.measure.from_, program.measure.days,
            _asking(program, "survey_0_10", form="survey"), _asking(program, "instruction_check"), program.touch_blocked.case.team,
        )  # fmt: skip


def _asking(program: Program, context: str, *, form: str | None = None) -> str:
    asking = {name: step for name, step in program.steps.items() if isinstance(step, AskStep)}
    return " ".join(name for name, step in asking.items() if step.context == context or (form and step.form == form))


def _shifts(session: Session) -> Rows:
    first = session.scalar(select(func.min(Case.opened_at)).where(Case.org_id == org_of(session)))
    today = now(session)
    begins, _ = local_days.span(session, (first or today).astimezone(local_days.zone(session)).date())
    for code in session.scalars(select(Team.code).where(Team.org_id == org_of(session)).order_by(Team.code)):
        yield from ((code, opens, closes) for opens, closes in _of_team(session, code, begins, today + AHEAD))


def _of_team(session: Session, code: str, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    work = team_hours.of(session, code)
    yield from business_time.shifts(begins - timedelta(days=1), ends, work.zone, hours=work.hours)


def _prices(session: Session) -> Rows:
    said = prices.of(session)
    yield from asdict(said).items() if said else ()


GIVEN = (
    Given(
        "about",
        "As of when the files are, and which time zone local days are of.",
        (Column("name", "as_of, zone"), Column("value", "what it is")),
        _about,
    ),
    Given(
        "programs",
        "What each version of a program is for, and which of its steps ask what.",
        (
            an_id("version", "the program's version"),
            Column("program", "its code"),
            Column("number", "the how-manieth version"),
            Column("goal_appointment", "what the visit must be for success: booked, confirmed or fulfilled"),
            Column("goal_outcome", "or how the run must end for success"),
            Column("measured_from", "where its windows begin: start (of the run), or first_text (the first that left)"),
            Column("days", "its long window in days, that of completion and of cases"),
            Column("survey_steps", "the steps that ask a survey's question, with spaces between"),
            Column("instruction_steps", "the steps that ask whether instructions are clear"),
            Column("team", "whose runs they are, where no campaign says so"),
        ),
        _programs,
    ),
    Given(
        "shifts",
        "When teams work, with breaks, holidays and closed days: what is between is no working time.",
        (Column("team", "which team"), an_instant("opens", "from"), an_instant("closes", "until")),
        _shifts,
    ),
    Given(
        "prices",
        "What outreach costs, in US dollars, as the organisation says; empty where it has said nothing.",
        (
            Column("name", "segment_usd, carrier_fee_usd, voice_call_usd, staff_hour_usd, staff_minutes_a_case"),
            Column("value", "how much"),
        ),
        _prices,
    ),
)
