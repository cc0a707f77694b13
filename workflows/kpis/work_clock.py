"""Working time between many pairs of instants: a team's shifts are read once, and each pair is two look-ups."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

from workflows import business_time
from workflows.team_hours import Work


class WorkClock:
    """One team's working minutes between instants that lie from `first` to `last`; the same as `business_time.worked`."""

    def __init__(self, work: Work, first: datetime, last: datetime) -> None:
        shifts = business_time.shifts(first, last + timedelta(seconds=1), work.zone, hours=work.hours)
        self._opens = [opens.timestamp() for opens, _ in shifts]
        self._lengths = [(closes - opens).total_seconds() for opens, closes in shifts]
        self._before: list[float] = [0.0]
        for length in self._lengths:
            self._before.append(self._before[-1] + length)

    def minutes(self, start: datetime, end: datetime) -> float:
        """Zero when `end` is not after `start`."""
        return max(0.0, self._until(end) - self._until(start)) / 60

    def _until(self, at: datetime) -> float:
        """Seconds of work from the beginning up to `at`."""
        moment = at.astimezone(UTC).timestamp()
        place = bisect_right(self._opens, moment) - 1
        if place < 0:
            return 0.0
        return self._before[place] + min(moment - self._opens[place], self._lengths[place])
