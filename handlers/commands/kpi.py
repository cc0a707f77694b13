"""`/kpi [program] [period] [by …]`: the figures that managers are told weekly, on request (S133)."""

import difflib
import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import digest as face
from bot.blocks import Message, section
from bot.report_link import Wanted as Report
from core.errors import Refused
from handlers import reads
from handlers.commands import Command, Said
from handlers.edge import Reckon
from storage.db import org_of
from storage.tables import Enrollment, ProgramRow
from workflows import local_days
from workflows.kpis import engine, gathering, periods, states
from workflows.kpis.definitions import CUTS, OF_STAFF
from workflows.kpis.gathering import Wanted
from workflows.kpis.periods import Period
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who

HELP = (
    "`/kpi`: the newest weeks that are old enough, all programs. `/kpi no_show`: one program. `/kpi november`, "
    "`/kpi no_show last 30 days`, `/kpi 2026-11-01..2026-11-15`: another period. `/kpi no_show november by language`: split; also by "
    "source, cohort, site, payer, age band, and for managers by team or person."
)
OWNERS = "Figures by team and person are for managers. Split by something else."
FIRST_COUNT = "The figures are being counted for the first time. Ask again in a minute."
CLOSE = 0.6
_BY = re.compile(r"(?:^|\s)by\s+(.+)$", re.IGNORECASE)
SPLITS = {
    **{code: code for code in CUTS},
    **{title.lower(): code for code, title in CUTS.items()},
    "location": "site", "sites": "site", "teams": "owner", "languages": "language", "insurance": "payer",
}  # fmt: skip
"""What people say for a split."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was meant: `period` None where none was said."""

    program: str
    period: Period | None
    by: str


def answer(session: Session, text: str, who: Who) -> Said:
    """A first line, then the figures; a sentence for a program, period or split that is none, and for a time before there was anything."""
    demand(who.role, Verb.SEE_REPORT)
    if text.casefold() == "help":
        return HELP
    meant = _read(session, text)
    _may(who, meant)
    if wrong := _before_anything(session, meant):
        return wrong
    when = meant.period.words if meant.period else "the newest weeks that are old enough"
    of = f" of `{meant.program}`" if meant.program else ""
    by = f", by {CUTS[meant.by].lower()}" if meant.by else ""

    def make(later: Session, again: Who) -> Message:
        demand(again.role, Verb.SEE_REPORT)
        _may(again, meant)
        engine.catch_up(later)
        if states.as_of(later) is None:
            return Message(FIRST_COUNT, (section(FIRST_COUNT),))  # not refused: what was asked of the lane has to stay
        found = gathering.digest(
            later, Wanted(meant.period, meant.program, owners=Verb.SEE_KPIS in TABLE[again.role], by=meant.by)
        )
        about = Report(meant.program, f"{found.period.first}..{found.period.last}", meant.by)
        reads.written_down(later, again, about, form="slack")
        return face.build(found, zone=local_days.zone(later), by=meant.by, subject=about.value)

    return Reckon(f"Counting the figures{of}, {when}{by}. One moment.", make)


def _may(who: Who, meant: Typed) -> None:
    if meant.by in OF_STAFF and Verb.SEE_KPIS not in TABLE[who.role]:
        raise Refused(OWNERS)


def _read(session: Session, text: str) -> Typed:
    split = _BY.search(text)
    rest = text[: split.start()].strip() if split else text
    by = _split(split[1]) if split else ""
    programs = _programs(session)
    word, _, after = rest.partition(" ")
    word = word.casefold().replace("-", "_") if not word[:1].isdigit() else word
    today = local_days.today(session)
    if word in programs:
        return Typed(word, periods.read(after, today=today) if after.strip() else None, by)
    if not rest:
        return Typed("", None, by)
    try:
        return Typed("", periods.read(rest, today=today), by)
    except Refused as refusal:
        if word[:1].isdigit():
            raise
        raise Refused(_meant(word, programs) or _unknown(after, programs, today) or refusal.say) from refusal


def _programs(session: Session) -> list[str]:
    found = select(ProgramRow.code).where(ProgramRow.org_id == org_of(session)).order_by(ProgramRow.code)
    return list(session.scalars(found))


def _split(said: str) -> str:
    """The cut that is meant; Refused, with all there are, for none."""
    word = " ".join(said.casefold().split())
    found = SPLITS.get(word) or SPLITS.get(word.replace(" ", "_"))
    if found is None:
        near = difflib.get_close_matches(word, SPLITS, n=1, cutoff=CLOSE)
        meant = f"Did you mean `by {near[0]}`? " if near else ""
        raise Refused(
            f"There is no such split. {meant}There are: {', '.join(title.lower() for title in CUTS.values())}."
        )
    return found


def _before_anything(session: Session, meant: Typed) -> str:
    """A sentence where the period was over before anybody was enrolled; empty otherwise."""
    found = select(func.min(Enrollment.started_at)).where(Enrollment.org_id == org_of(session), ~Enrollment.holdout)
    if meant.program:
        program = (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id)
        found = found.join(ProgramRow, program).where(ProgramRow.code == meant.program)
    first: datetime | None = session.scalar(found)
    what = f"`{meant.program}`" if meant.program else "any program"
    if first is None:
        return f"Nobody was enrolled in {what} yet, so there is nothing to count."
    day = first.astimezone(local_days.zone(session)).date()
    if meant.period is not None and meant.period.last < day:
        return f"Nobody had been enrolled in {what} by then: the first was on {Period(day, day).words}."
    return ""


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
    "/kpi", answer, "What came of the outreach: figures for a period", "[program] [last week | November] [by language]"
)
