"""When a text may be planned for patients of one place on one day: the windows of all their zones and states, intersected.

A place is a key ("America/Chicago,America/Denver;IL") under which many patients share their windows; it holds no ZIP and no number.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from workflows import windows
from workflows.places import Where

MARGIN = timedelta(hours=1)  # planned texts leave room before the window closes
SHORTEST = timedelta(minutes=30)
AHEAD_DAYS = 10
SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, from the golden ratio: neighbours land far apart

Span = tuple[datetime, datetime]


def key(where: Where) -> str:
    """The place of a patient."""
    return f"{','.join(windows.zones(where))};{','.join(windows.states(where))}"


def zone_of(place: str) -> str:
    """The likeliest zone: what the patient's clock says."""
    return place.partition(";")[0].partition(",")[0]


def share(patient: UUID, seed: int) -> float:
    """Where in a span this patient's text falls, 0 to 1: the same for the same campaign, evenly spread over its patients."""
    return float(((patient.int ^ seed) * SPREAD >> 11) & 0xFFFFF) / 0x100000


def planned(place: str, day: date, *, after: datetime) -> Span:
    """(first, last) instant, UTC, to plan a text on `day` or the next day that has room after `after`.

    Where ten days have no window, `after` itself twice: the gate then says why it may not leave.
    """
    soonest = max(day, after.astimezone(ZoneInfo(zone_of(place))).date())
    for ahead in range(AHEAD_DAYS):
        found = _open(place, soonest + timedelta(days=ahead))
        if found is not None and max(found[0], after) + SHORTEST <= found[1]:
            return max(found[0], after), found[1]
    return after, after


@lru_cache(maxsize=65536)
def _open(place: str, day: date) -> Span | None:
    zones, _, states = place.partition(";")
    parts = [
        _part(zone, state, day, zones.partition(",")[0]) for zone in zones.split(",") for state in states.split(",")
    ]
    if any(part is None for part in parts):
        return None
    opens = max(part[0] for part in parts if part)
    closes = min(part[1] for part in parts if part) - MARGIN
    return (opens, closes) if opens + SHORTEST <= closes else None


@lru_cache(maxsize=65536)
def _part(zone: str, state: str, day: date, clock: str) -> Span | None:
    """The window of one zone under one state's rules on a day of the patient's clock."""
    where = Where(stated_zone=zone, zip=None, state=state or None, site_zone=None, number="")
    midnight = datetime.combine(day, time(), ZoneInfo(clock)).astimezone(UTC)
    closed = windows.check(where, midnight)
    if closed.open or closed.opens_at is None:
        return None
    if closed.opens_at >= midnight + timedelta(days=1):
        return None
    closes = windows.check(where, closed.opens_at).closes_at
    return (closed.opens_at, closes) if closes else None
