"""Due times that staff mean: hours and days of work, not of the calendar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Protocol
from zoneinfo import ZoneInfo

from core.errors import Misconfigured

_SPEC = re.compile(r"(?P<n>[1-9]\d{0,2}) (?P<unit>business minute|business hour|business day|minute|hour|day)s?")
_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_HORIZON_DAYS = 800  # no team is closed for longer
DAY_MINUTES = 24 * 60

Span = tuple[int, int]  # from and to, in minutes from midnight on the wall clock; 1440 is the next midnight
Shift = tuple[datetime, datetime]  # the same as UTC instants


class Hours(Protocol):
    """When somebody is at work, by the wall clock."""

    def spans(self, day: date) -> tuple[Span, ...]:
        """The spans of work of one day, in order, not touching each other; none on a day that is free."""
        ...


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The same hours on every working day; `days` are ISO weekdays (Monday = 1)."""

    opens: time = time(8)
    closes: time = time(17)
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5})

    def spans(self, day: date) -> tuple[Span, ...]:
        """One span, or none on a day that is free."""
        if day.isoweekday() not in self.days:
            return ()
        return ((_minutes(self.opens), _minutes(self.closes)),)


WEEKDAYS_8_TO_17 = OfficeHours()


def understood(spec: str) -> bool:
    """Whether `due` can read `spec`, for lint and settings."""
    return _SPEC.fullmatch(spec) is not None


def due(spec: str, now: datetime, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> datetime:
    """When work promised in `spec` is due, as a UTC instant.

    "15 minutes", "2 hours", "1 day" are elapsed time. "4 business hours" and "30 business minutes" count hours of work only. "1 business
    day" is the same wall-clock time on the next working day, counted from the first moment of work when nobody is at work now; where
    that day has no work at that time it is the end of the break, or of the day. Raises Misconfigured.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise Misconfigured(f"'{spec}' is not a due time", fix="Write it like '4 business hours' or '15 minutes'.")
    n, unit = int(match["n"]), match["unit"]
    if unit in _SPANS:
        return now.astimezone(UTC) + n * _SPANS[unit]
    if unit == "business day":
        return _after_days(opening(now, zone, hours=hours), n, zone, hours)
    return after(n * _SPANS[unit.removeprefix("business ")], now, zone, hours=hours)


def opening(now: datetime, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> datetime:
    """The first moment of work from `now` on, as a UTC instant: `now` itself while somebody is at work."""
    return next(_shifts(now, zone, hours))[0]


def after(work: timedelta, now: datetime, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> datetime:
    """The instant at which `work` of working time has passed since `now`."""
    left = work
    for opens, closes in _shifts(now, zone, hours):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise AssertionError("the shifts have no end")


def worked(start: datetime, end: datetime, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> timedelta:
    """The working time between two instants; zero when `end` is not after `start`."""
    total = timedelta()
    for opens, closes in _shifts(start, zone, hours):
        if opens >= end:
            return total
        total += min(closes, end) - opens
    return total


def shifts(start: datetime, end: datetime, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> list[Shift]:
    """Every span of work between two instants, in order, as UTC instants."""
    found = takewhile(lambda shift: shift[0] < end, _shifts(start, zone, hours))
    return [(opens, min(closes, end)) for opens, closes in found]


def before(end: datetime, work: timedelta, zone: str, *, hours: Hours = WEEKDAYS_8_TO_17) -> datetime:
    """The latest instant from which `work` of working time is left until `end`."""
    left, day, free = work, end.astimezone(ZoneInfo(zone)).date(), 0
    while free < _HORIZON_DAYS:
        free += 1
        for opens, closes in reversed(_of_day(day, zone, hours)):
            here = min(closes, end) - opens
            if here <= timedelta():
                continue
            if here >= left:
                return min(closes, end) - left
            left, free = left - here, 0
        day -= timedelta(days=1)
    raise _never()


def instant(day: date, minutes: int, zone: str) -> datetime:
    """When the wall clock shows this; of an hour that comes twice the first time, for one that is left out the moment of the change."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    place = ZoneInfo(zone)
    late = wall.replace(tzinfo=place).astimezone(UTC)
    if late.astimezone(place).replace(tzinfo=None) == wall:
        return late
    early = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if _offset(middle, place) == _offset(early, place) else (early, middle)
    return late.replace(second=0, microsecond=0)


def _shifts(now: datetime, zone: str, hours: Hours) -> Iterator[Shift]:
    """Every span of work from `now` on, the one under way cut at its beginning. Raises Misconfigured when there is none for years."""
    at, day = now.astimezone(UTC), now.astimezone(ZoneInfo(zone)).date()
    free = 0
    while free < _HORIZON_DAYS:
        free += 1
        for opens, closes in _of_day(day, zone, hours):
            if closes > at:
                free = 0
                yield max(opens, at), closes
        day += timedelta(days=1)
    raise _never()


def _after_days(start: datetime, days: int, zone: str, hours: Hours) -> datetime:
    local = start.astimezone(ZoneInfo(zone))
    day = local.date()
    for _ in range(days):
        day = _next_day(day, hours)
    wanted = instant(day, _minutes(local.time()), zone) + timedelta(
        seconds=local.second, microseconds=local.microsecond
    )
    shifts = _of_day(day, zone, hours)
    return next((max(opens, wanted) for opens, closes in shifts if wanted <= closes), shifts[-1][1])


def _next_day(day: date, hours: Hours) -> date:
    for _ in range(_HORIZON_DAYS):
        day += timedelta(days=1)
        if hours.spans(day):
            return day
    raise _never()


def _of_day(day: date, zone: str, hours: Hours) -> list[Shift]:
    """A day's spans as instants; one that the clock change swallows is none."""
    made = [(instant(day, opens, zone), instant(day, closes, zone)) for opens, closes in hours.spans(day)]
    return [(opens, closes) for opens, closes in made if opens < closes]


def _offset(at: datetime, place: ZoneInfo) -> timedelta | None:
    return at.astimezone(place).utcoffset()


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _never() -> Misconfigured:
    return Misconfigured("a team is never at work", fix="Give it hours on at least one day of the week.")
