"""What a report's address says: codes of program, period and split. Also the value of every button that opens the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.errors import Refused
from workflows.kpis import periods
from workflows.kpis.definitions import CUTS

if TYPE_CHECKING:
    from workflows.kpis.asked import Asked
    from workflows.kpis.periods import Period

OPEN, CSV = "report.open", "report.csv"
SAY = "There is no such report. Open it from the worklist, or ask for it again with /kpi."
PERIODS = {
    "week": "last week",
    "7d": "last 7 days",
    "28d": "last 28 days",
    "91d": "last 91 days",
    "month": "this month",
    "last_month": "last month",
}
"""A period's code and how it is said; a month is 2026-11 and other days are 2026-11-01..2026-11-15."""
USUAL = "week"
_PROGRAM = re.compile(r"[a-z0-9_]{1,60}")
_DATES = re.compile(r"\d{4}-\d\d(-\d\d(\.\.\d{4}-\d\d-\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Codes alone: `program` "" for all, `period` of PERIODS or dates, `by` "" for no split."""

    program: str = ""
    period: str = USUAL
    by: str = ""

    @property
    def query(self) -> str:
        """As an address has it."""
        return urlencode([(name, code) for name, code in self._codes() if code])

    @property
    def value(self) -> str:
        """As a button has it: `no_show~2026-11-16..2026-11-22~language`."""
        return f"{self.program}~{self.period}~{self.by}"

    def days(self, today: date) -> Period:
        """Its days; Refused for a period that is none, has not begun or is too long."""
        return periods.read(PERIODS.get(self.period, self.period), today=today)

    def _codes(self) -> list[tuple[str, str]]:
        return [("program", self.program), ("period", self.period), ("by", self.by)]


def wanted(program: str, period: str, by: str) -> Wanted:
    """What somebody sent; Refused unless each is a code."""
    period = period or USUAL
    known = period in PERIODS or _DATES.fullmatch(period)
    if (program and not _PROGRAM.fullmatch(program)) or not known or (by and by not in CUTS):
        raise Refused(SAY)
    return Wanted(program, period, by)


def of_value(value: str) -> Wanted:
    """What a button carries."""
    parts = value.split("~")
    if len(parts) != 3:
        raise Refused(SAY)
    return wanted(*parts)


def of_asked(asked: Asked) -> Wanted:
    """The address of what was asked in Slack, by its days, so that it says the same next week."""
    return Wanted(asked.program or "", f"{asked.period.first}..{asked.period.last}", asked.by)
