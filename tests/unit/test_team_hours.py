"""Hours of work with breaks, holidays, closed days and clock changes: hand-made tables first, then what holds for all of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Misconfigured
from workflows import business_time, team_hours
from workflows.team_hours import Work, parse

CHICAGO = "America/Chicago"
NOON_BREAK = [["08:00", "12:00"], ["13:00", "17:00"]]
WEEK: dict[str, Any] = {
    "days": {"1": NOON_BREAK, "2": NOON_BREAK, "3": NOON_BREAK, "4": NOON_BREAK, "5": [["08:00", "12:00"]]},
    "closed": ["2026-12-24"],
    "holidays": True,
}
NIGHTS: dict[str, Any] = {"days": {str(day): [["00:00", "06:00"], ["22:00", "24:00"]] for day in range(1, 8)}}


def work(said: dict[str, Any] = WEEK, zone: str = CHICAGO) -> Work:
    return Work(parse("desk", said, states=("IL",)), zone)


def at(text: str, zone: str = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("spec", "now", "expected"),
    [
        ("1 business hour", "2026-12-01T11:00", "2026-12-01T12:00"),  # to the break, not over it
        ("1 business hour", "2026-12-01T11:30", "2026-12-01T13:30"),  # over lunch
        ("1 business hour", "2026-12-01T12:00", "2026-12-01T14:00"),  # asked in the break
        ("1 business hour", "2026-12-01T12:59", "2026-12-01T14:00"),
        ("30 business minutes", "2026-12-01T11:45", "2026-12-01T13:15"),
        ("4 business hours", "2026-12-01T10:00", "2026-12-01T15:00"),
        ("4 business hours", "2026-12-03T16:00", "2026-12-04T11:00"),  # Thursday to a short Friday
        ("4 business hours", "2026-12-04T11:00", "2026-12-07T11:00"),  # over a weekend
        (
            "2 business hours",
            "2026-12-23T16:30",
            "2026-12-28T09:30",
        ),  # closed on the 24th, Christmas is a holiday, a weekend
        ("1 business hour", "2026-11-25T16:30", "2026-11-27T08:30"),  # Thanksgiving
        ("1 business day", "2026-12-03T15:00", "2026-12-04T12:00"),  # Friday ends at noon
        ("1 business day", "2026-12-02T12:30", "2026-12-03T13:00"),  # counted from the end of the break
        ("2 business days", "2026-12-23T09:00", "2026-12-29T09:00"),
        ("45 minutes", "2026-12-01T11:45", "2026-12-01T12:30"),  # elapsed time knows no break
    ],
)
def test_due_counts_the_teams_own_hours(spec: str, now: str, expected: str) -> None:
    assert work().due(spec, at(now)) == at(expected)


@pytest.mark.parametrize(
    ("now", "hours", "expected"),
    [
        # the night to Sunday, November 1, 2026, has an hour more: 22:00 to 06:00 are nine hours
        ("2026-10-31T22:00-05:00", 8, "2026-11-01T05:00-06:00"),
        ("2026-10-31T22:00-05:00", 9, "2026-11-01T06:00-06:00"),
        # the night to Sunday, March 8, 2026, has an hour less: seven
        ("2026-03-07T22:00-06:00", 7, "2026-03-08T06:00-05:00"),
        ("2026-03-07T22:00-06:00", 8, "2026-03-08T23:00-05:00"),
    ],
)
def test_a_night_with_a_clock_change_is_as_long_as_it_is(now: str, hours: int, expected: str) -> None:
    found = work(NIGHTS).due(f"{hours} business hours", datetime.fromisoformat(now))

    assert found == datetime.fromisoformat(expected)


def test_hours_that_the_clock_change_leaves_out_are_no_work() -> None:
    early = {"days": {"7": [["02:15", "04:00"]], "1": [["08:00", "09:00"]]}}

    assert work(early).opening(at("2026-03-08T00:00")) == at("2026-03-08T03:00")
    assert work({"days": {"7": [["02:00", "03:00"]], "1": NOON_BREAK}}).opening(at("2026-03-08T00:00")) == at(
        "2026-03-09T08:00"
    )


def test_a_team_elsewhere_has_its_own_clock() -> None:
    found = work(WEEK, "America/New_York").due("1 business hour", at("2026-12-01T06:30"))

    assert found == at("2026-12-01T08:00")  # nine in New York


@st.composite
def weeks(draw: st.DrawFn) -> team_hours.TeamHours:
    days = []
    for day in draw(st.sets(st.integers(1, 7), min_size=1)):
        edges = sorted(draw(st.sets(st.integers(0, 48), min_size=2, max_size=6)))
        days.append((day, tuple((a * 30, b * 30) for a, b in zip(edges[::2], edges[1::2], strict=False))))
    closed = draw(st.sets(st.dates(date(2026, 3, 1), date(2026, 4, 1)), max_size=5))
    return team_hours.TeamHours(tuple(days), frozenset(closed))


ZONES = st.sampled_from([CHICAGO, "America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/St_Johns"])
MOMENTS = st.datetimes(datetime(2026, 2, 20), datetime(2026, 3, 20), timezones=st.just(UTC))
WORK = st.integers(0, 3000).map(lambda minutes: timedelta(minutes=minutes))


def inside(found: datetime, hours: team_hours.TeamHours, zone: str) -> bool:
    """Whether an instant lies in a span of work, its end counted in."""
    return any(
        opens <= found <= closes
        for day in (found.astimezone(ZoneInfo(zone)).date() + timedelta(days=step) for step in (-1, 0))
        for opens, closes in business_time._of_day(day, zone, hours)
    )


@settings(deadline=None)
@given(weeks(), ZONES, MOMENTS, WORK, WORK)
def test_due_is_at_work_and_never_earlier_for_more_work(
    hours: team_hours.TeamHours, zone: str, now: datetime, some: timedelta, more: timedelta
) -> None:
    first = business_time.after(some, now, zone, hours=hours)
    later = business_time.after(some + more, now, zone, hours=hours)

    assert inside(first, hours, zone)
    assert now <= first <= later
    assert business_time.worked(now, first, zone, hours=hours) == some
    assert business_time.worked(first, later, zone, hours=hours) == more


@settings(deadline=None)
@given(weeks(), ZONES, MOMENTS, st.integers(1, 9))
def test_business_days_end_at_work_and_later(hours: team_hours.TeamHours, zone: str, now: datetime, days: int) -> None:
    found = business_time.due(f"{days} business days", now, zone, hours=hours)

    assert inside(found, hours, zone)
    assert found >= now


@settings(deadline=None)
@given(weeks(), ZONES, MOMENTS, WORK.filter(bool))
def test_going_back_is_going_forth(hours: team_hours.TeamHours, zone: str, now: datetime, some: timedelta) -> None:
    end = business_time.after(some, now, zone, hours=hours)

    begun = business_time.before(end, some, zone, hours=hours)

    assert business_time.worked(begun, end, zone, hours=hours) == some


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"days": {"1": [["12:00", "08:00"]]}}, "goes backwards"),
        ({"days": {"1": [["22:00", "06:00"]]}}, "a night is two spans"),
        ({"days": {"1": [["08:00", "12:00"], ["11:00", "13:00"]]}}, "overlap"),
        ({"days": {"8": [["08:00", "12:00"]]}}, "1 \\(Monday\\) to 7"),
        ({"days": {"1": [["8", "12"]]}}, "8 is no time"),
        ({"days": {"1": [["08:00"]]}}, "two times"),
        ({"days": {"1": []}}, "nobody would ever be at work"),
        ({"days": {}}, "nobody would ever be at work"),
        ({"days": {"1": NOON_BREAK}, "closed": ["Christmas"]}, "list of at most"),
        ({"days": {"1": NOON_BREAK}, "zone": "Chicago"}, "no time zone"),
        ({"days": {"1": NOON_BREAK}, "holidays": "yes"}, "true or false"),
        ({"days": {"1": NOON_BREAK}, "lunch": True}, "it has days"),
        ("8 to 5", "it has days"),
    ],
)
def test_hours_that_cannot_be_read_say_why(said: Any, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        team_hours.read({"desk": said}, {"desk": 1})


def test_hours_for_a_team_that_is_not_there_are_refused() -> None:
    with pytest.raises(Misconfigured, match="does not exist"):
        team_hours.read({"dekc": WEEK}, {"desk": 1})
