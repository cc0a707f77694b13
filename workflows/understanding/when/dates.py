import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from workflows.understanding.when.words import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of whole days (or, of grain minute, a moment); `end` is the first instant after it."""

    start: datetime
    end: datetime
    grain: str = "day"
    ambiguous: bool = False
    loose: bool = False  # known only by what it lies near: "after christmas"


def midnight(at: datetime) -> datetime:
    """The beginning of that day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def one_day(at: datetime, *, ambiguous: bool = False) -> Span:
    """The day that begins at `at`."""
    return Span(at, at + timedelta(days=1), "day", ambiguous)


def week_of(at: datetime, *, ambiguous: bool = False) -> Span:
    """Monday to Friday of the week that `at` is in."""
    monday = at - timedelta(days=at.weekday())
    return Span(monday, monday + timedelta(days=5), "week", ambiguous)


def weekend_of(at: datetime, *, ambiguous: bool = False) -> Span:
    """Saturday and Sunday of the week that `at` is in."""
    saturday = at + timedelta(days=5 - at.weekday())
    return Span(saturday, saturday + timedelta(days=2), "day", ambiguous)


def months(first: datetime, count: int = 1, *, ambiguous: bool = False) -> Span:
    """`count` whole months from the one that `first` is in."""
    start = first.replace(day=1)
    return Span(start, shifted(start, count), "month", ambiguous)


def shifted(at: datetime, count: int) -> datetime:
    """`count` months on (or back), the last day where the month is shorter."""
    total = at.year * 12 + at.month - 1 + count
    year, month = min(max(total // 12, 1), 9998), total % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def date(today: datetime, month: int, day: int, *, year: int | None = None) -> Span | None:
    """That date in `year`, or the next one from `today` on; None when there is no such date."""
    for candidate in (year,) if year else range(today.year, today.year + 9):
        try:
            at = today.replace(year=candidate, month=month, day=day)
        except ValueError:
            continue
        if year or at >= today:
            return one_day(at)
    return None


def on_weekday(today: datetime, month: int, day: int, weekday: int) -> Span | None:
    """The date that also falls on the weekday: just gone, or of this year and the next; without one, the next such date."""
    for year in (today.year, today.year + 1):
        found = date(today, month, day, year=year)
        near = found is not None and found.start >= today - timedelta(days=60)
        if found is not None and near and found.start.weekday() == weekday:
            return found
    other = date(today, month, day)
    return Span(other.start, other.end, "day", True) if other else None


def day_of_month(today: datetime, day: int, *, weekday: int | None = None) -> Span | None:
    """The next such day of a month, from `today` on; with a weekday, the next on which both agree."""
    first = today.replace(day=1)
    for _ in range(14):
        if day <= calendar.monthrange(first.year, first.month)[1]:
            at = first.replace(day=day)
            if at >= today and weekday in (None, at.weekday()):
                return one_day(at)
        first = shifted(first, 1)
    return None


def nth_weekday(first: datetime, nth: int, weekday: int) -> datetime | None:
    """The nth such weekday of the month of `first`; -1 is the last, -2 the one before it."""
    first = first.replace(day=1)
    days = calendar.monthrange(first.year, first.month)[1]
    fitting = [d for d in range(1, days + 1) if (first.weekday() + d - 1) % 7 == weekday]
    try:
        return first.replace(day=fitting[nth - 1 if nth > 0 else nth])
    except IndexError:
        return None


def easter(year: int) -> tuple[int, int]:
    """Month and day of Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    ell = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * ell) // 451
    month, day = divmod(h + ell - 7 * m + 114, 31)
    return month, day + 1


@cache
def holiday(rule: str, year: int) -> datetime:
    """A day of data/times.yaml: "12-25", "4_thursday_11", "4_thursday_11_+1", "easter_-2"."""
    head, *rest = rule.split("_")
    if head == "easter":
        return datetime(year, *easter(year)) + timedelta(days=int(rest[0]))  # noqa: DTZ001  naive on purpose
    if not rest:
        return datetime(year, *map(int, head.split("-")))  # type: ignore[arg-type]  # noqa: DTZ001
    found = nth_weekday(datetime(year, int(rest[1]), 1), int(head), WEEKDAYS.index(rest[0]))  # noqa: DTZ001
    return (found or datetime(year, 1, 1)) + timedelta(days=int(rest[2]) if len(rest) > 2 else 0)  # noqa: DTZ001
