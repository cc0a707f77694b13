"""When a week's digest is due, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Misconfigured
from workflows import weekly
from workflows.weekly import Slot

CHICAGO = ZoneInfo("America/Chicago")


def slot(day: int = 0, at: str = "07:00", zone: ZoneInfo = CHICAGO) -> Slot:
    return Slot("managers", "U1", day, time.fromisoformat(at), zone)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T12:59:59+00:00", "2026-11-16T07:00:00-06:00"),
        ("2026-11-23T13:00:00+00:00", "2026-11-23T07:00:00-06:00"),
        ("2026-11-29T23:00:00+00:00", "2026-11-23T07:00:00-06:00"),
        ("2026-03-09T11:59:59+00:00", "2026-03-02T07:00:00-06:00"),
        ("2026-03-09T12:00:00+00:00", "2026-03-09T07:00:00-05:00"),  # the clocks went forward the day before
        ("2026-11-02T12:59:59+00:00", "2026-10-26T07:00:00-05:00"),
        ("2026-11-02T13:00:00+00:00", "2026-11-02T07:00:00-06:00"),  # they went back
    ],
)
def test_it_is_due_by_the_wall_clock_also_in_the_weeks_in_which_clocks_change(now: str, due: str) -> None:
    assert slot().last_due(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.integers(0, 6),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["America/Chicago", "America/Phoenix", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_a_year_has_one_due_time_a_week_and_never_one_to_come(at: datetime, day: int, hour: time, zone: str) -> None:
    now, place = at.replace(tzinfo=UTC), Slot("managers", "U1", day, hour, ZoneInfo(zone))

    due = place.last_due(now)
    week = due.astimezone(place.zone).date()

    assert due <= now
    assert now - due <= timedelta(days=7, hours=2)
    assert week.weekday() == day
    assert place.last_due(due) == due
    assert place.last_due(due + timedelta(days=7, hours=3)).astimezone(place.zone).date() == week + timedelta(days=7)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"others": {}},
        {"managers": {"day": "Monday", "at": "07:00"}},
        {"managers": {"day": "Mon", "at": "7"}},
        {"managers": {"day": "Mon", "at": "24:00"}},
        {"managers": {"day": "Mon", "at": "07:00", "channel": "#managers"}},
        {"managers": "never"},
        {"teams": {"nobody": {"day": "Mon", "at": "07:00"}}},
        {"teams": {"clinical": {"day": "Mon", "at": "07:00", "channel": "C0123456789"}}},
    ],
)
def test_a_timetable_that_cannot_be_read_is_refused(said: object) -> None:
    with pytest.raises(Misconfigured, match="digest"):
        weekly.read(said, {"clinical": 1})


def test_without_a_word_managers_get_it_on_monday_at_seven_and_teams_get_none() -> None:
    assert weekly.of(None, "managers") == {"day": "Mon", "at": "07:00"}
    assert weekly.of(None, "clinical") is None
    assert weekly.of({"managers": "off"}, "managers") is None
    weekly.read({"managers": "off", "teams": {"clinical": {"day": "Fri", "at": "16:30"}}}, {"clinical": 1})
    assert date(2026, 11, 23).weekday() == 0
