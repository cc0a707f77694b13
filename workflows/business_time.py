"""Due times that staff mean: hours and days of work, not of the calendar."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Misconfigured

_SPEC = re.compile(r"(?P<n>[1-9]\d{0,2}) (?P<unit>business hour|business day|minute|hour|day)s?")
_ELAPSED = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a team works, in its own local time; `days` are ISO weekdays (Monday = 1)."""

    opens: time = time(8)
    closes: time = time(17)
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5})


WEEKDAYS_8_TO_17 = OfficeHours()


def understood(spec: str) -> bool:
    """Whether `due` can read `spec`, for lint and settings."""
    return _SPEC.fullmatch(spec) is not None


def due(spec: str, now: datetime, zone: str, *, hours: OfficeHours = WEEKDAYS_8_TO_17) -> datetime:
    """When work promised in `spec` is due, as a UTC instant.

    "15 minutes", "2 hours", "1 day" are elapsed time. "4 business hours" counts open hours only. "1 business day"
    is the same wall-clock time on the next working day, counted from the opening when nobody is at work. Raises
    Misconfigured.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise Misconfigured(f"'{spec}' is not a due time", fix="Write it like '4 business hours' or '15 minutes'.")
    n, unit = int(match["n"]), match["unit"]
    if unit in _ELAPSED:
        return now.astimezone(UTC) + n * _ELAPSED[unit]
    start = _at_work(now.astimezone(ZoneInfo(zone)).replace(tzinfo=None), hours)
    local = _after_days(start, n, hours) if unit == "business day" else _after_hours(start, timedelta(hours=n), hours)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def opening(now: datetime, zone: str, *, hours: OfficeHours = WEEKDAYS_8_TO_17) -> datetime:
    """The first moment of work from `now` on, as a UTC instant: `now` itself while somebody is at work."""
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    start = _at_work(local, hours)
    return now.astimezone(UTC) if start == local else start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _at_work(local: datetime, hours: OfficeHours) -> datetime:
    """The first moment of work not before `local` (wall clock without a zone)."""
    day = local.date()
    if day.isoweekday() in hours.days and local.time() < hours.closes:
        return max(local, datetime.combine(day, hours.opens))
    return datetime.combine(_next_day(day, hours), hours.opens)


def _after_hours(start: datetime, left: timedelta, hours: OfficeHours) -> datetime:
    while (today := datetime.combine(start.date(), hours.closes) - start) < left:
        left -= today
        start = datetime.combine(_next_day(start.date(), hours), hours.opens)
    return start + left


def _after_days(start: datetime, days: int, hours: OfficeHours) -> datetime:
    day = start.date()
    for _ in range(days):
        day = _next_day(day, hours)
    return datetime.combine(day, start.time())


def _next_day(day: date, hours: OfficeHours) -> date:
    following = day + timedelta(days=1)
    while following.isoweekday() not in hours.days:
        following += timedelta(days=1)
    return following
