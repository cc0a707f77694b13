"""Which cases a question is about, and how it splits them: words of SQL over their facts (`kpi_cases`, written by `case_facts`)."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from storage.db import now, org_of
from workflows.kpis import states
from workflows.kpis.asked import Asked
from workflows.kpis.splits import OF_RUN

Day = Literal["day", "due_day"]
OURS = "org_id = :org AND {day} BETWEEN :first AND :last AND (CAST(:program AS text) IS NULL OR program = :program)"
SPLITS = {cut: cut for cut in OF_RUN} | {"": "''", "class": "class_of", "person": "person"}


def of(asked: Asked, *, day: Day) -> tuple[str, str]:
    """(the SQL of a case's group, the WHERE): cases opened in the period, or due in it."""
    group = f"({day} - (extract(isodow FROM {day})::int - 1))::text" if asked.by == "week" else SPLITS[asked.by]
    return group, f"{OURS.format(day=day)} AND phase = :phase" if asked.phase else OURS.format(day=day)


def said(session: Session, asked: Asked) -> dict[str, Any]:
    """The parameters of that WHERE."""
    found = {"org": org_of(session), "first": asked.period.first, "last": asked.period.last, "program": asked.program}
    return found | {"phase": asked.phase} if asked.phase else found


def as_of(session: Session) -> datetime:
    """Until when what goes on has gone on, and what was due: a case that was closed since the last refresh is not open, only unheard of."""
    return states.as_of(session) or now(session)


def splits_by(by: str) -> bool:
    """Whether cases are split so."""
    return by == "week" or by in SPLITS
