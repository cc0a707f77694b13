"""When a card is drawn anew though nobody touched it: often enough to be true, seldom enough for Slack."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import beats, cards
from bot.cards.view import CardView, State
from tests.unit.test_cards import CHICAGO, CLAIMED, CLOSED, NOW, OPEN

DUE = replace(OPEN, opened_at=NOW, due_at=NOW + timedelta(hours=2))  # opened Tue 3:05 pm, due 5:05 pm


def moments(view: CardView, *, hours: float) -> list[datetime]:
    """When it is drawn anew, one after the other."""
    found, end = [], view.now + timedelta(hours=hours)
    while (at := beats.following(view)) and at <= end:
        found.append(at)
        view = replace(view, now=at)
    return found


def clock(at: datetime) -> str:
    return f"{at.astimezone(CHICAGO):%a %H:%M}"


def test_it_is_drawn_anew_while_it_waits_before_it_is_due_when_it_is_due_and_each_hour_it_is_late() -> None:
    assert [clock(at) for at in moments(DUE, hours=12)] == [
        "Tue 15:20", "Tue 16:05", "Tue 16:35", "Tue 16:55", "Tue 17:05", "Tue 18:05",
        "Tue 19:05", "Tue 20:05", "Tue 21:05", "Tue 22:05", "Tue 23:05", "Wed 00:05", "Wed 01:05",
    ]  # fmt: skip


def test_after_a_working_day_late_once_each_morning_is_enough() -> None:
    late = replace(DUE, now=NOW + timedelta(hours=12))

    assert [clock(at) for at in moments(late, hours=60)] == ["Wed 06:00", "Thu 06:00", "Fri 06:00"]


def test_somebody_who_has_it_is_not_told_how_long_it_waited() -> None:
    claimed = replace(DUE, state=State.CLAIMED)

    assert [clock(at) for at in moments(claimed, hours=2)] == ["Tue 16:35", "Tue 16:55", "Tue 17:05"]


@pytest.mark.parametrize("view", [CLOSED, replace(CLAIMED, state=State.BOOKING)])
def test_what_is_over_or_under_way_is_left_alone(view: CardView) -> None:
    assert beats.following(view) is None


@pytest.mark.parametrize("due_in_h", [0.1, 1, 4, 24])
def test_no_case_is_redrawn_more_than_sixteen_times_a_day(due_in_h: float) -> None:
    view = replace(OPEN, opened_at=NOW, due_at=NOW + timedelta(hours=due_in_h))

    assert len(moments(view, hours=24)) <= 16


def test_between_two_beats_it_says_the_same_and_across_one_it_does_not() -> None:
    def says(minutes: int) -> object:
        view = replace(DUE, now=NOW + timedelta(minutes=minutes))
        return cards.build(replace(view, now=beats.last(view)))

    assert says(16) == says(59)
    assert says(59) != says(61)
    assert says(119) != says(121)


def test_a_case_opened_before_dawn_has_no_beat_before_it_was_opened() -> None:
    opened = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # 3:00 am in Chicago

    view = replace(OPEN, opened_at=opened, now=opened, due_at=opened + timedelta(hours=30))

    assert beats.last(view) == opened
