"""Figures as rows for other programs: the command line and the API say the same, to the letter."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage.db import org_of
from storage.tables import Case, Enrollment, ProgramRow
from workflows import local_days
from workflows.kpis import engine
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST
from workflows.kpis.figures import Figure
from workflows.kpis.periods import LONGEST_DAYS, Period

COLUMNS = (
    "kpi", "group", "numerator", "denominator", "value", "low", "high", "phase", "period", "definition", "note",
)  # fmt: skip
USUAL_DAYS = 91
WITHHELD = frozenset({"language", "age", "payer", "area"})
"""Cuts whose small groups could point at somebody (N16)."""

Row = dict[str, Any]


def asked(session: Session, *, program: str | None, by: str, first: date | None, last: date | None) -> list[Asked]:
    """One question a cut that is named ("source,site"), one for the whole where none is. Refused, with what to say instead."""
    cuts = [word.strip() for word in by.split(",") if word.strip()] or [""]
    if program is not None:
        _demand_program(session, program)
    period = _period(session, first, last)
    return [Asked(period, program, cut) for cut in dict.fromkeys(cuts)]


def rows(session: Session, questions: Sequence[Asked]) -> list[Row]:
    """A block of rows a question, one a KPI a group. Where there is no value there is None, and the note says why."""
    return [_row(figure, question.by) for question in questions for figure in engine.figures(session, question)]


def _row(figure: Figure, by: str) -> Row:
    withheld = by in WITHHELD and bool(figure.group) and 0 < figure.denominator < FEWEST
    counts = (None, None) if withheld else (_plain(figure.numerator), figure.denominator)
    period = f"{figure.period.first.isoformat()}..{figure.period.last.isoformat()}"
    note = f"Fewer than {FEWEST}: not shown, it could point at somebody." if withheld else figure.note
    shown = (None, None, None) if withheld else (_plain(figure.value), _plain(figure.low), _plain(figure.high))
    group = f"{by}={_code(by, figure.group)}" if by else ""
    line = (figure.kpi, group, *counts, *shown, figure.phase, period, figure.definition, note)
    return dict(zip(COLUMNS, line, strict=True))


def _code(by: str, group: str) -> str:
    """People are named by their ids, as everywhere else that programs read."""
    return show("stf", UUID(group)) if by == "person" and group not in ("", "none") else group


def _plain(number: float | None) -> float | int | None:
    """A number as JSON has it: whole ones without a point, never NaN."""
    if number is None or not math.isfinite(number):
        return None
    return int(number) if float(number).is_integer() else float(number)


def _demand_program(session: Session, code: str) -> None:
    known = list(
        session.scalars(select(ProgramRow.code).where(ProgramRow.org_id == org_of(session)).order_by(ProgramRow.code))
    )
    if code not in known:
        say = f"Say one of: {', '.join(known)}." if known else "None is published here yet."
        raise Refused(f"There is no program {code}. {say}")


def _period(session: Session, first: date | None, last: date | None) -> Period:
    today = local_days.today(session)
    last = last or max(today, first or today)
    first = first or min(last, today) - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Refused(f"The period ends before it begins: {first} to {last}. Give the earlier day first.")
    if first > today:
        raise Refused(f"That period has not begun: today is {today}. Ask for days up to then.")
    if (last - first).days >= LONGEST_DAYS:
        raise Refused(f"That is more than {LONGEST_DAYS} days. Ask for parts of it.")
    began = _began(session)
    if began is None:
        raise Refused("Nobody was contacted here yet, so there is nothing to count. Ask once a program has started.")
    if last < began:
        raise Refused(f"There is nothing before {began}, when the first patient was enrolled. Ask from then on.")
    return Period(first, min(last, today))


def _began(session: Session) -> date | None:
    """The local day of the first enrollment or case."""
    org = org_of(session)
    firsts = (
        session.scalar(select(func.min(Enrollment.started_at)).where(Enrollment.org_id == org)),
        session.scalar(select(func.min(Case.opened_at)).where(Case.org_id == org)),
    )
    found = min((at for at in firsts if at is not None), default=None)
    return found.astimezone(local_days.zone(session)).date() if found else None
