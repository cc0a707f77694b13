"""Periods as managers say them ("last 7 days", "November", "2026-11-01..2026-11-15"), in the organisation's own days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import Refused

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST_DAYS = 400
SAY = "Say a period like `last 7 days`, `yesterday`, `this month`, `November` or `2026-11-01..2026-11-15`."
_DAYS = re.compile(r"(?:the )?(?:last|past) (\d{1,3}) days?")
_MONTH = re.compile(r"([a-z]{3,9})(?: (\d{4}))?")
_ISO_MONTH = re.compile(r"(\d{4})-(\d\d)")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?: ?(?:\.\.|to|–|-) ?(\d{4}-\d\d-\d\d))?")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both ends included."""

    first: date
    last: date

    @property
    def words(self) -> str:
        """ "Nov 20 to Nov 26, 2026", "Nov 26, 2026"."""
        end = f"{_said(self.last)}, {self.last.year}"
        if self.first == self.last:
            return end
        year = f", {self.first.year}" if self.first.year != self.last.year else ""
        return f"{_said(self.first)}{year} to {end}"

    @property
    def before(self) -> "Period":
        """As many days, right before it."""
        day = timedelta(days=1)
        return Period(self.first - (self.last - self.first) - day, self.first - day)


def week(today: date, *, window: int = 0, weeks: int = 1) -> Period:
    """The newest `weeks` whole weeks (Monday to Sunday) before this one whose units all had `window` whole days on its Monday.

    The same on every day of a week: what a digest is of does not hang on the hour at which it was sent.
    """
    monday = today - timedelta(days=today.weekday())
    last = monday - timedelta(days=1 + 7 * -(-window // 7))
    return Period(last - timedelta(days=7 * weeks - 1), last)


def read(words: str, *, today: date) -> Period:
    """The period that is meant; nothing said is the last seven days. Refused for what is none, has not begun, or is over 400 days."""
    found = _named(words.casefold().strip() or "last 7 days", today)
    if found is None:
        raise Refused(f"That is no period we know. {SAY}")
    if found.first > found.last:
        raise Refused(f"That period ends before it begins. {SAY}")
    if found.first > today:
        raise Refused(f"That period has not begun: today is {_said(today)}, {today.year}. {SAY}")
    if (found.last - found.first).days >= LONGEST_DAYS:
        raise Refused(f"That is more than {LONGEST_DAYS} days. {SAY}")
    return Period(found.first, min(found.last, today))


def _named(words: str, today: date) -> Period | None:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    before = first - timedelta(days=1)
    known = {
        "today": Period(today, today),
        "yesterday": Period(today - timedelta(days=1), today - timedelta(days=1)),
        "this week": Period(monday, today),
        "last week": Period(monday - timedelta(days=7), monday - timedelta(days=1)),
        "this month": Period(first, today),
        "last month": Period(before.replace(day=1), before),
    }
    return known.get(words) or _days(words, today) or _month(words, today) or _dates(words)


def _days(words: str, today: date) -> Period | None:
    found = _DAYS.fullmatch(words)
    if not found or not 1 <= int(found[1]) <= LONGEST_DAYS:
        return None
    return Period(today - timedelta(days=int(found[1]) - 1), today)


def _month(words: str, today: date) -> Period | None:
    """A month without a year is the latest that has begun."""
    iso, named = _ISO_MONTH.fullmatch(words), _MONTH.fullmatch(words)
    if iso:
        return _whole(int(iso[1]), int(iso[2]))
    number = next((n for n, name in enumerate(MONTHS, 1) if named and name.startswith(named[1])), None)
    if named is None or number is None:
        return None
    year = int(named[2]) if named[2] else today.year - (number > today.month)
    return _whole(year, number)


def _whole(year: int, month: int) -> Period | None:
    if not (1 <= month <= 12 and 2000 <= year <= 2200):
        return None
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period(date(year, month, 1), following - timedelta(days=1))


def _dates(words: str) -> Period | None:
    found = _ISO.fullmatch(words)
    if not found:
        return None
    try:
        first = date.fromisoformat(found[1])
        return Period(first, date.fromisoformat(found[2]) if found[2] else first)
    except ValueError:
        return None


def _said(day: date) -> str:
    return f"{SHORT[day.month - 1]} {day.day}"
