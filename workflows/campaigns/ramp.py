"""How many patients a day a campaign may begin with: what the team, the free slots and the carrier can bear. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from typing import Literal

from workflows.campaigns.limits import Limits

Bound = Literal["slots", "cases", "carrier"]
SUNDAY = 7
OPENS, CLOSES = time(9), time(19)  # an hour before the window ends nothing new is planned
LATEST_START = time(17)  # later than that, a campaign begins on the next day
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Room:
    """What there is. `segments` is what a patient who never answers costs over the whole program; `taken` are starts of other campaigns."""

    free_slots: int
    open_cases: int
    segments: int
    taken: Mapping[date, int]
    needs_slots: bool = True


@dataclass(frozen=True, slots=True)
class Ramp:
    """Patients a day, and what keeps it from being more."""

    daily: int
    bound_by: Bound


@dataclass(frozen=True, slots=True)
class Wave:
    """The patients who begin on one day, at most `most`."""

    day: date
    most: int


def daily(room: Room, limits: Limits) -> Ramp:
    """The smallest of three: bookings the free slots can take, replies the team can answer, texts the carrier takes. At least 1."""
    horizon = max(1, limits.horizon_days)
    working = max(1, round(horizon * 5 / 7))
    answered = limits.cases_per_day * working - room.open_cases
    bounds: dict[Bound, float] = {
        "cases": max(0, answered) / working / max(limits.reply_rate, 0.01),
        "carrier": limits.carrier_segments_per_day / max(1, room.segments),
    }
    if room.needs_slots:
        bounds["slots"] = room.free_slots / working / max(limits.booking_rate, 0.01)
    bound_by = min(bounds, key=lambda name: bounds[name])
    return Ramp(max(1, int(bounds[bound_by])), bound_by)


def waves(total: int, ramp: Ramp, *, begins: datetime, taken: Mapping[date, int]) -> tuple[Wave, ...]:
    """The days of a launch at `begins` (local time of the organisation) until `total` patients have begun; () for nobody.

    Today counts for the part of the day that is left. No Sundays. What other campaigns begin on a day is theirs. A year at most.
    """
    found: list[Wave] = []
    left, last = total, begins.date() + timedelta(days=LONGEST_DAYS)
    for day, share in _days(begins):
        if left <= 0 or day > last:
            break
        most = max(0, int(ramp.daily * share) - taken.get(day, 0))
        found.append(Wave(day, most))
        left -= most
    return tuple(found)


def days(begins: datetime, how_many: int) -> list[date]:
    """The first days of a launch at `begins`: wave 0 is the first of them."""
    return [day for day, _ in islice(_days(begins), how_many)]


def holds(plan: Sequence[Wave]) -> int:
    """How many patients the days of a plan can begin with."""
    return sum(wave.most for wave in plan)


def _days(begins: datetime) -> Iterator[tuple[date, float]]:
    today = begins.date()
    if begins.time() < LATEST_START and today.isoweekday() != SUNDAY:
        hours = (datetime.combine(today, CLOSES) - datetime.combine(today, max(begins.time(), OPENS))).total_seconds()
        whole = (datetime.combine(today, CLOSES) - datetime.combine(today, OPENS)).total_seconds()
        yield today, hours / whole
    for ahead in count(1):
        day = today + timedelta(days=ahead)
        if day.isoweekday() != SUNDAY:
            yield day, 1.0
