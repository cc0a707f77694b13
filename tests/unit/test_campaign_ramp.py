"""How many patients a day: the tightest of slots, people and carrier; Sundays and other campaigns are left out."""

from datetime import UTC, date, datetime

import pytest

from core.errors import Misconfigured
from workflows.campaigns import limits, ramp, spans
from workflows.campaigns.limits import Limits
from workflows.campaigns.ramp import Ramp, Room, Wave
from workflows.places import Where

USUAL = Limits()
SATURDAY = date(2026, 11, 28)


def room(*, slots: int = 1000, cases: int = 0, segments: int = 4) -> Room:
    return Room(free_slots=slots, open_cases=cases, segments=segments, taken={})


@pytest.mark.parametrize(
    ("there_is", "daily", "bound_by"),
    [
        (room(slots=30), 20, "slots"),  # 3 free slots a working day, 15 % of those texted book
        (room(cases=370), 10, "cases"),  # 30 of 400 cases left in ten working days, 30 % of those texted need somebody
        (room(segments=40), 50, "carrier"),
        (room(slots=0), 1, "slots"),
    ],
)
def test_the_tightest_of_slots_people_and_carrier_decides(there_is: Room, daily: int, bound_by: str) -> None:
    assert ramp.daily(there_is, USUAL) == Ramp(daily, bound_by)  # type: ignore[arg-type]


def test_a_program_that_books_nothing_is_not_bound_by_slots() -> None:
    there_is = Room(free_slots=0, open_cases=0, segments=40, taken={}, needs_slots=False)

    assert ramp.daily(there_is, USUAL).bound_by == "carrier"


def test_waves_fill_the_rest_of_today_leave_out_sunday_and_what_others_took() -> None:
    begins = datetime(2026, 11, 27, 14, 0)  # Friday, half of the day is left

    found = ramp.waves(300, Ramp(100, "carrier"), begins=begins, taken={SATURDAY: 60})

    assert found == (
        Wave(date(2026, 11, 27), 50),
        Wave(SATURDAY, 40),
        Wave(date(2026, 11, 30), 100),
        Wave(date(2026, 12, 1), 100),
        Wave(date(2026, 12, 2), 100),
    )


def test_late_in_the_day_the_first_wave_is_tomorrow() -> None:
    assert ramp.waves(1, Ramp(5, "slots"), begins=datetime(2026, 11, 26, 17, 30), taken={})[0].day == date(2026, 11, 27)


def test_nobody_to_contact_means_no_day() -> None:
    assert ramp.waves(0, Ramp(5, "slots"), begins=datetime(2026, 11, 26, 9, 0), taken={}) == ()


def test_a_plan_never_runs_longer_than_a_year() -> None:
    found = ramp.waves(10_000, Ramp(1, "slots"), begins=datetime(2026, 11, 26, 9, 0), taken={})

    assert ramp.holds(found) < 10_000
    assert (found[-1].day - date(2026, 11, 26)).days <= ramp.LONGEST_DAYS


def test_a_text_is_planned_where_every_zone_is_open_and_an_hour_before_it_ends() -> None:
    place = spans.key(
        Where(stated_zone=None, zip="60601", state="IL", site_zone="America/Los_Angeles", number="+13125550101")
    )

    first, last = spans.planned(place, date(2026, 11, 27), after=datetime(2026, 11, 27, tzinfo=UTC))

    assert (first, last) == (datetime(2026, 11, 27, 17, tzinfo=UTC), datetime(2026, 11, 28, 1, tzinfo=UTC))
    assert spans.zone_of(place) == "America/Chicago"


def test_a_day_that_is_nearly_over_passes_to_the_next_one_with_a_window() -> None:
    late = datetime(2026, 11, 29, 0, 45, tzinfo=UTC)  # Saturday 18:45 in Chicago

    first, _ = spans.planned("America/Chicago;", SATURDAY, after=late)

    assert first == datetime(2026, 11, 30, 15, tzinfo=UTC)  # Monday 9:00


@pytest.mark.parametrize(
    "said", [{"approve_abov": 1}, {"approve_above": "many"}, {"approve_above": 1.5}, {"reply_rate": -1}]
)
def test_a_setting_that_does_not_exist_or_cannot_be_is_named(said: dict[str, object]) -> None:
    with pytest.raises(Misconfigured, match="campaigns"):
        limits.read(said)


def test_an_organisation_may_set_any_limit() -> None:
    assert limits.read({"approve_above": 10, "reply_rate": 1}).approve_above == 10
