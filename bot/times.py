"""Times as staff read them: short, with the weekday, in the zone of the site."""

from datetime import datetime, timedelta, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(at: datetime, zone: tzinfo) -> str:
    """A full local time: "Tue Dec 8, 3:00 pm"."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {_MONTHS[local.month - 1]} {local.day}, {_clock(local)}"


def moment_near(at: datetime, zone: tzinfo, *, now: datetime) -> str:
    """The clock alone on the local day of `now` ("3:00 pm"), the full local time on any other day."""
    local = at.astimezone(zone)
    return _clock(local) if local.date() == now.astimezone(zone).date() else moment(at, zone)


def span(length: timedelta) -> str:
    """A length in its two largest units, rounded down: "under 1 min", "25 min", "2 h 5 min", "3 days 4 h"."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "under 1 min"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _joined(f"{days} day{'s' if days > 1 else ''}", f"{hours} h" if hours else "")
    return _joined(f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")


def due(at: datetime, *, now: datetime) -> str:
    """How urgent it is in words: "due in 25 min", "due now" (within a minute), "late by 10 min"."""
    left = at - now
    if abs(left) < timedelta(minutes=1):
        return "due now"
    return f"due in {span(left)}" if left > timedelta(0) else f"late by {span(-left)}"


def _clock(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02} {'am' if local.hour < 12 else 'pm'}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
