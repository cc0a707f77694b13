"""Working time between many pairs of instants: a team's shifts are read once, and each pair is two look-ups."""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta

from workflows import business_time
from workflows.team_hours import Work

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1) // _LEAST


class WorkClock:
    """One team's working minutes between instants that lie from `first` to `last`; the same as `business_time.worked`.

    Whatever `first` and `last` are, a pair has the same minutes to the last digit.
    """

    def __init__(self, work: Work, first: datetime, last: datetime) -> None:
        shifts = business_time.shifts(first, last + timedelta(seconds=1), work.zone, hours=work.hours)
        self._opens = [_whole(opens) for opens, _ in shifts]
        self._lengths = [(closes - opens) // _LEAST for opens, closes in shifts]
        self._before: list[int] = [0]
        for length in self._lengths:
            self._before.append(self._before[-1] + length)

    def minutes(self, start: datetime, end: datetime) -> float:
        """Zero when `end` is not after `start`."""
        return max(0, self._until(end) - self._until(start)) / _MINUTE

    def after(self, work: timedelta, at: datetime) -> datetime | None:
        """The instant at which so much work has passed since `at`, as `business_time.after`; None: later than `last`."""
        needed = self._until(at) + work // _LEAST
        place = bisect_left(self._before, needed) - 1
        if place == len(self._opens):
            return None
        return _EPOCH + (self._opens[place] + needed - self._before[place]) * _LEAST

    def _until(self, at: datetime) -> int:
        """Work from the beginning up to `at`, in microseconds."""
        moment = _whole(at)
        place = bisect_right(self._opens, moment) - 1
        if place < 0:
            return 0
        return self._before[place] + min(moment - self._opens[place], self._lengths[place])


def _whole(at: datetime) -> int:
    return (at - _EPOCH) // _LEAST
