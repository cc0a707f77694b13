"""Spans of a rule ("P6M") and the instants they mean: calendar months from today's date in the clinic's zone, never 180 days."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?")


@dataclass(frozen=True, slots=True)
class Span:
    """Whole calendar months, then whole days."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read P6M, P1Y, P2W, P60D or P1Y6M. Raises ValueError."""
        found = _SPAN.fullmatch(text)
        if found is None or not any(found.groups()):
            raise ValueError(f"'{text}' is not a span: write P6M, P1Y, P2W or P60D")
        years, months, weeks, days = (int(part or 0) for part in found.groups())
        span = cls(years * 12 + months, weeks * 7 + days)
        if span == cls(0, 0):
            raise ValueError("a span of nothing selects nothing")
        return span

    def before(self, day: date) -> date:
        """The day this long before; 31 August less six months is the last of February."""
        return _shifted(day, -self.months) - timedelta(days=self.days)

    def after(self, day: date) -> date:
        """The day this long after."""
        return _shifted(day, self.months) + timedelta(days=self.days)


def begins(day: date, zone: str) -> datetime:
    """The first instant of a day in a zone, UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _shifted(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
