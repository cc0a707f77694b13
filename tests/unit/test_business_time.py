from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.errors import Misconfigured
from workflows.business_time import OfficeHours, due

CHICAGO = "America/Chicago"


def at(text: str, zone: str = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("spec", "now", "expected"),
    [
        ("15 minutes", "2026-12-01T16:55", "2026-12-01T17:10"),
        ("2 hours", "2026-12-05T22:00", "2026-12-06T00:00"),
        ("4 business hours", "2026-12-01T09:30", "2026-12-01T13:30"),
        ("4 business hours", "2026-12-01T13:00", "2026-12-01T17:00"),
        ("4 business hours", "2026-12-01T15:00", "2026-12-02T10:00"),
        ("4 business hours", "2026-12-04T16:00", "2026-12-07T11:00"),
        ("4 business hours", "2026-12-05T12:00", "2026-12-07T12:00"),
        ("4 business hours", "2026-12-01T06:00", "2026-12-01T12:00"),
        ("4 business hours", "2026-12-01T17:00", "2026-12-02T12:00"),
        ("1 business day", "2026-12-04T14:00", "2026-12-07T14:00"),
        ("1 business day", "2026-12-05T14:00", "2026-12-08T08:00"),
        ("20 business hours", "2026-12-01T08:00", "2026-12-03T10:00"),
        ("1 business day", "2026-10-30T10:00", "2026-11-02T10:00"),
    ],
)
def test_due_counts_the_hours_people_work(spec: str, now: str, expected: str) -> None:
    assert due(spec, at(now).astimezone(UTC), CHICAGO) == at(expected)


def test_due_is_a_utc_instant() -> None:
    assert due("1 business day", at("2026-12-01T09:00"), CHICAGO).tzinfo is UTC


def test_a_team_may_work_on_saturdays() -> None:
    hours = OfficeHours(time(9), time(12), frozenset({6}))

    assert due("4 business hours", at("2026-12-01T10:00"), CHICAGO, hours=hours) == at("2026-12-12T10:00")


@pytest.mark.parametrize("spec", ["soon", "4 businesshours", "0 days", "-1 hours", ""])
def test_an_unreadable_due_time_is_named(spec: str) -> None:
    with pytest.raises(Misconfigured, match="not a due time"):
        due(spec, at("2026-12-01T10:00"), CHICAGO)
