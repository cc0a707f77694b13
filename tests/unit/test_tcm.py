"""Two business days after a discharge, in office hours, without federal holidays."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workflows import tcm

ZONE = "America/Chicago"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("discharged", "due"),
    [
        ("2026-11-30 15:00", "2026-12-02 17:00"),  # Monday
        ("2026-12-04 09:00", "2026-12-08 17:00"),  # Friday
        ("2026-12-05 23:30", "2026-12-08 17:00"),  # Saturday
        ("2026-11-25 12:00", "2026-11-30 17:00"),  # before Thanksgiving: Friday, then Monday
        ("2026-12-23 12:00", "2026-12-28 17:00"),  # Christmas is a Friday
    ],
)
def test_the_clock_ends_with_the_second_business_day(discharged: str, due: str) -> None:
    assert tcm.deadline(local(discharged), ZONE) == local(due)


def test_it_warns_with_six_hours_of_business_time_left() -> None:
    due = local("2026-12-02 17:00")

    assert tcm.before(due, timedelta(hours=6), ZONE) == local("2026-12-02 11:00")
    assert tcm.before(due, timedelta(hours=12), ZONE) == local("2026-12-01 14:00")


@pytest.mark.parametrize(
    ("at", "hours"),
    [("2026-12-02 11:00", 6), ("2026-12-01 18:00", 9), ("2026-12-01 16:00", 10), ("2026-12-02 18:00", 0)],
)
def test_what_is_left_counts_open_hours_only(at: str, hours: int) -> None:
    assert tcm.business_left(local(at), local("2026-12-02 17:00"), ZONE) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("attempts", "left", "spoke", "words"),
    [
        (1, 6, None, "1 of 2 human contact attempts, 6 business hours left"),
        (0, 1, None, "0 of 2 human contact attempts, 1 business hour left"),
        (2, 0, None, "2 of 2 human contact attempts, the 2 business days are over"),
        (1, 6, "2026-12-02 10:00", "spoke (phone), in time"),
        (3, 0, "2026-12-03 10:00", "spoke (phone), late"),
    ],
)
def test_staff_read_where_the_clock_stands(attempts: int, left: int, spoke: str | None, words: str) -> None:
    spoke_at = local(spoke) if spoke else None

    now = tcm.Standing(attempts, timedelta(hours=left), local("2026-12-02 17:00"), spoke_at, "phone" if spoke else None)

    assert now.words() == words
