"""`/kpi [program] [period]`: what came of those who were enrolled, in counts (managers)."""

import difflib
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import kpi_glance
from core.errors import Refused
from handlers.commands import Command, Said
from storage.db import org_of
from storage.tables import ProgramRow
from workflows import local_days
from workflows.kpis import glance, periods
from workflows.roles import Verb, demand
from workflows.staff import Who

HELP = (
    "`/kpi`: the last 7 days, all programs. `/kpi no_show`: one program. `/kpi november`, `/kpi no_show last 30 days`, "
    "`/kpi 2026-11-01..2026-11-15`: another period."
)
CLOSE = 0.6


def answer(session: Session, text: str, who: Who) -> Said:
    """A sentence for a program or a period that is none."""
    demand(who.role, Verb.SEE_KPIS)
    if text.casefold() == "help":
        return HELP
    found = select(ProgramRow.code).where(ProgramRow.org_id == org_of(session)).order_by(ProgramRow.code)
    programs = list(session.scalars(found))
    word, _, rest = text.partition(" ")
    word = word.casefold().replace("-", "_") if not word[:1].isdigit() else word
    today = local_days.today(session)
    if word in programs:
        return _say(session, periods.read(rest, today=today), word)
    try:
        period = periods.read(text, today=today)
    except Refused as refusal:
        raise Refused(_meant(word, programs) or _unknown(rest, programs, today) or refusal.say) from refusal
    return _say(session, period, None)


def _say(session: Session, period: periods.Period, program: str | None) -> Said:
    return kpi_glance.build(glance.of(session, period, program=program), zone=local_days.zone(session))


def _unknown(rest: str, programs: list[str], today: date) -> str:
    """When what follows the first word is a period, that word was to be a program."""
    try:
        periods.read(rest, today=today)
    except Refused:
        return ""
    known = f"Known: {', '.join(programs)}." if programs else "None is published here yet."
    return f"There is no program of that name, and it is no period either. {known} {periods.SAY}"


def _meant(word: str, programs: list[str]) -> str:
    near = difflib.get_close_matches(word, programs, n=1, cutoff=CLOSE)
    return f"There is no program of that name. Did you mean `/kpi {near[0]}`?" if near else ""


COMMAND = Command(
    "/kpi", answer, "What came of the outreach: counts for a period", "[program] [last 7 days | November]"
)
