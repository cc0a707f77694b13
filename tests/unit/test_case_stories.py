"""What became of a case, read from its events."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import ZONE
from workflows import business_time
from workflows.kpis import case_stories
from workflows.kpis.work_clock import WorkClock
from workflows.team_hours import Work

NINE = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)


def story(*events: tuple[str, float], named: bool = True) -> case_stories.Story:
    """Events by hours after nine."""
    return case_stories.read([(what, NINE + timedelta(hours=hours), named) for what, hours in events])


def hours(at: datetime | None) -> float | None:
    return None if at is None else (at - NINE) / timedelta(hours=1)


def test_a_plain_case_is_claimed_and_resolved() -> None:
    found = story(("opened", 0), ("claimed", 1), ("call_logged", 2), ("closed", 3))

    assert (hours(found.claimed_at), hours(found.resolved_at), found.rests) == (1, 3, ())


def test_a_claim_taken_back_is_none() -> None:
    found = story(("opened", 0), ("claimed", 1), ("kept", 1), ("undone", 1.01), ("claimed", 5))

    assert hours(found.claimed_at) == 5


def test_given_to_somebody_is_claimed() -> None:
    assert hours(story(("opened", 0), ("reassigned", 2)).claimed_at) == 2
    assert story(("opened", 0), ("reassigned", 2), named=False).claimed_at is None


@pytest.mark.parametrize(("again", "resolved"), [(3 + 72, 100), (3 + 72.1, 3)])
def test_a_closing_reopened_within_72_hours_is_none(again: float, resolved: float) -> None:
    found = story(("opened", 0), ("claimed", 1), ("closed", 3), ("reopened", again), ("claimed", 90), ("closed", 100))

    assert hours(found.resolved_at) == resolved
    assert hours(found.claimed_at) == 1


def test_a_case_reopened_at_once_is_not_resolved_yet() -> None:
    assert story(("opened", 0), ("claimed", 1), ("closed", 3), ("reopened", 4)).resolved_at is None


def test_rests_are_told_apart_until_something_wakes_the_case() -> None:
    found = story(
        ("opened", 0), ("claimed", 1), ("snoozed", 2), ("snoozed", 3), ("woken", 5), ("waiting", 6), ("answered", 8), ("closed", 9)
    )  # fmt: skip

    assert [(hours(start), hours(end)) for start, end in found.rests] == [(2, 5), (6, 8)]


def test_the_case_of_a_promise_sleeps_from_its_claim() -> None:
    found = story(("opened", 0), ("claimed", 0), ("woken", 20), ("closed", 21))

    assert [(hours(start), hours(end)) for start, end in found.rests] == [(0, 20)]


def test_a_rest_that_goes_on_has_no_end() -> None:
    assert [end for _, end in story(("opened", 0), ("claimed", 1), ("waiting", 2)).rests] == [None]


def test_the_clock_of_a_team_agrees_with_business_time_over_a_clock_change() -> None:
    start = datetime(2026, 10, 29, 4, 0, tzinfo=UTC)
    work = Work(business_time.WEEKDAYS_8_TO_17, ZONE)
    end = start + timedelta(days=14)
    clock = WorkClock(work, start, end)

    for first in range(0, 300, 7):
        for length in (0, 1, 5, 9, 30, 71):
            begins = start + timedelta(hours=first, minutes=first)
            ends = begins + timedelta(hours=min(length, 335 - first))
            expected = business_time.worked(begins, ends, ZONE) / timedelta(minutes=1)
            assert clock.minutes(begins, ends) == pytest.approx(expected, abs=1e-6)
            if length and length < 335 - first:
                passed = business_time.after(timedelta(hours=length), begins, ZONE)
                assert clock.after(timedelta(hours=length), begins) == (passed if passed <= end else None)
