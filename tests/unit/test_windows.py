from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers.geodata import GEOCODE_DATA

from workflows import state_rules
from workflows.places import ALL_US_ZONES, candidates
from workflows.windows import Hours, Where, check, next_day_open, states, zones

NEW_YORK, CHICAGO, LOS_ANGELES, HAWAII = (
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Pacific/Honolulu",
)
FLORIDA, TEXAS, RHODE_ISLAND, ILLINOIS, TOLL_FREE = (
    "+13055550100",
    "+15125550100",
    "+14015550100",
    "+13125550100",
    "+18005550100",
)


def somebody(
    *,
    stated_zone: str | None = None,
    zip: str | None = None,
    state: str | None = None,
    site_zone: str | None = None,
    number: str = TOLL_FREE,
) -> Where:
    return Where(stated_zone, zip, state, site_zone, number)


def at(text: str, zone: str = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (somebody(stated_zone=HAWAII, zip="60601", site_zone=CHICAGO, number=FLORIDA), (HAWAII,)),
        (somebody(zip="60601", number=ILLINOIS), (CHICAGO,)),
        (somebody(zip="60601-1234", site_zone=NEW_YORK, number="+13105550100"), (CHICAGO, NEW_YORK, LOS_ANGELES)),
        (somebody(zip="86505"), ("America/Denver",)),
        (somebody(zip="86001"), ("America/Phoenix",)),
        (somebody(number="+14235550100"), (CHICAGO, NEW_YORK)),
        (somebody(site_zone=CHICAGO, number=TOLL_FREE), (CHICAGO,)),
        (somebody(), ALL_US_ZONES),
        (somebody(zip="00000", number="nonsense"), ALL_US_ZONES),
        (somebody(stated_zone="Americas/Chicago", zip="60601"), ALL_US_ZONES),
        (somebody(site_zone="../etc", zip="60601"), ALL_US_ZONES),
    ],
)
@pytest.mark.req("T3")
def test_every_zone_a_patient_may_be_in_is_a_candidate(where: Where, expected: tuple[str, ...]) -> None:
    assert zones(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (somebody(state="tx", zip="33101", number=RHODE_ISLAND), ("TX", "FL", "RI")),
        (somebody(state="Rhode Island"), ("RI",)),
        (somebody(stated_zone=LOS_ANGELES, number=FLORIDA), ("FL",)),
        (somebody(number="+12035550100"), ("CT",)),
        (somebody(number="+12065550100"), ("WA",)),
        (somebody(state="Ontario", number="+14165550100"), ()),
        (somebody(), ()),
    ],
)
@pytest.mark.req("T2")
def test_states_come_from_address_zip_and_area_code_and_no_stated_zone_removes_one(
    where: Where, expected: tuple[str, ...]
) -> None:
    assert states(where) == expected


@pytest.mark.parametrize(
    ("where", "local", "zone", "rule"),
    [
        (somebody(zip="60601"), "2026-12-01T07:59", CHICAGO, "T1.federal"),
        (somebody(zip="60601"), "2026-12-01T08:30", CHICAGO, "T1.hours"),
        (somebody(zip="60601"), "2026-12-01T09:00", CHICAGO, "open"),
        (somebody(zip="60601"), "2026-12-01T19:59", CHICAGO, "open"),
        (somebody(zip="60601"), "2026-12-01T20:00", CHICAGO, "T1.hours"),
        (somebody(zip="60601"), "2026-12-01T21:00", CHICAGO, "T1.federal"),
        (somebody(zip="60601"), "2026-12-06T13:00", CHICAGO, "T1.sunday"),
        (somebody(zip="10001", number=FLORIDA), "2026-12-01T20:30", NEW_YORK, "T2.FL"),
        (somebody(stated_zone=NEW_YORK, number=FLORIDA), "2026-12-01T20:30", NEW_YORK, "T2.FL"),
        (somebody(zip="02903"), "2026-12-05T17:00", NEW_YORK, "T2.RI"),
        (somebody(zip="02903"), "2026-12-05T16:59", NEW_YORK, "open"),
        (somebody(zip="02903"), "2026-12-05T09:30", NEW_YORK, "T2.RI"),
        (somebody(zip="02903"), "2026-12-01T18:00", NEW_YORK, "T2.RI"),
        (somebody(zip="10001", number="+13105550100"), "2026-12-01T11:00", NEW_YORK, "T1.hours"),
        (somebody(zip="10001", number="+13105550100"), "2026-12-01T12:00", NEW_YORK, "open"),
        (somebody(), "2026-12-01T13:59", NEW_YORK, "T3.every_us_zone"),
        (somebody(), "2026-12-01T14:00", NEW_YORK, "open"),
        (somebody(), "2026-07-01T14:59", NEW_YORK, "T3.every_us_zone"),
        (somebody(), "2026-07-01T15:00", NEW_YORK, "open"),
        (somebody(), "2026-12-01T20:00", NEW_YORK, "T3.every_us_zone"),
    ],
)
@pytest.mark.req("T1")
def test_the_strictest_window_decides_and_is_named(where: Where, local: str, zone: str, rule: str) -> None:
    verdict = check(where, at(local, zone))

    assert (verdict.rule, verdict.open) == (rule, rule == "open")


@pytest.mark.parametrize(
    ("where", "local", "zone", "rule"),
    [
        (somebody(zip="78701"), "2026-12-06T11:30", CHICAGO, "T2.TX"),
        (somebody(zip="78701"), "2026-12-06T12:00", CHICAGO, "open"),
        (somebody(zip="60601"), "2026-12-06T11:59", CHICAGO, "T1.sunday"),
        (somebody(zip="60601"), "2026-12-06T17:59", CHICAGO, "open"),
        (somebody(zip="60601"), "2026-12-06T18:00", CHICAGO, "T1.sunday"),
        (somebody(zip="39201"), "2026-12-06T13:00", CHICAGO, "T2.MS"),
        (somebody(zip="02903"), "2026-12-06T17:00", NEW_YORK, "T2.RI"),
    ],
)
@pytest.mark.req("T2")
def test_an_organisation_that_opens_sundays_still_keeps_each_state_s_sunday(
    where: Where, local: str, zone: str, rule: str
) -> None:
    assert check(where, at(local, zone), sunday=True).rule == rule


def test_a_closed_verdict_says_when_it_opens_and_an_open_one_when_it_closes() -> None:
    where = somebody(zip="60601", number="+12125550100")

    saturday_evening = check(where, at("2026-12-05T19:30"))
    monday_noon = check(where, at("2026-12-07T12:00"))

    assert (saturday_evening.opens_at, saturday_evening.closes_at) == (at("2026-12-07T09:00"), None)
    assert (monday_noon.opens_at, monday_noon.closes_at) == (None, at("2026-12-07T19:00"))


def test_an_organisation_may_tighten_its_window_but_not_widen_the_law() -> None:
    where = somebody(zip="60601")

    assert not check(where, at("2026-12-01T09:30"), hours=Hours(opens=time(10))).open
    assert check(where, at("2026-12-01T07:30"), hours=Hours(opens=time(6))).rule == "T1.federal"


def test_zones_without_a_common_hour_never_open() -> None:
    verdict = check(somebody(zip="10001", site_zone="Asia/Shanghai"), at("2026-12-01T12:00", NEW_YORK))

    assert (verdict.open, verdict.opens_at) == (False, None)


@pytest.mark.parametrize(
    ("after", "days", "expected"),
    [
        ("2026-12-01T14:10", 2, "2026-12-03T09:00"),
        ("2026-12-01T23:50", 1, "2026-12-02T09:00"),
        ("2026-12-03T14:10", 3, "2026-12-07T09:00"),
        ("2026-10-30T14:00", 3, "2026-11-02T09:00"),
        ("2026-03-07T14:00", 2, "2026-03-09T09:00"),
        ("2026-12-10T14:00", -3, "2026-12-07T09:00"),
        ("2026-12-01T06:00", 0, "2026-12-01T09:00"),
    ],
)
@pytest.mark.req("T3")
def test_two_days_later_means_that_calendar_day_at_the_opening_also_over_a_clock_change(
    after: str, days: int, expected: str
) -> None:
    assert next_day_open(somebody(zip="60601"), at(after), days) == at(expected)


def test_the_day_is_the_patient_s_own() -> None:
    late_in_hawaii = at("2026-12-01T22:00", HAWAII)

    opening = next_day_open(somebody(stated_zone=HAWAII), late_in_hawaii, 1)

    assert opening == at("2026-12-02T09:00", HAWAII)


def test_the_same_wall_clock_time_opens_before_and_after_a_clock_change() -> None:
    where = somebody(zip="60601")

    before = check(where, at("2026-10-31T08:00")).opens_at
    after = check(where, at("2026-11-02T08:00")).opens_at

    assert before is not None
    assert after is not None
    assert after - before == timedelta(days=2, hours=1)


def test_rows_that_counsel_has_not_confirmed_are_reported() -> None:
    lines = state_rules.to_confirm()

    assert any(line.startswith("FL window") for line in lines)
    assert any(line.startswith("KY window") for line in lines)


def test_florida_and_oklahoma_cap_contacts_a_day_and_washington_does_not() -> None:
    assert state_rules.contacts_per_24h(("FL", "WA")) == 3
    assert state_rules.contacts_per_24h(("WA",)) is None


PLACES = st.builds(
    somebody,
    stated_zone=st.sampled_from([None, None, LOS_ANGELES, HAWAII]),
    zip=st.sampled_from([None, "60601", "10001", "33101", "78701", "99501", "39201"]),
    site_zone=st.sampled_from([None, CHICAGO, "America/Phoenix"]),
    number=st.sampled_from([FLORIDA, TEXAS, RHODE_ISLAND, ILLINOIS, TOLL_FREE, "+19075550100"]),
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@settings(deadline=None, max_examples=60)
@given(PLACES, INSTANTS, st.booleans())
def test_opening_and_closing_are_exact_to_the_second(where: Where, instant: datetime, sunday: bool) -> None:
    verdict = check(where, instant, sunday=sunday)

    second = timedelta(seconds=1)
    if verdict.open:
        assert verdict.closes_at is not None
        assert check(where, verdict.closes_at - second, sunday=sunday).open
        assert not check(where, verdict.closes_at, sunday=sunday).open
    else:
        assert verdict.opens_at is not None
        assert verdict.opens_at > instant
        assert check(where, verdict.opens_at, sunday=sunday).open
        assert not check(where, verdict.opens_at - second, sunday=sunday).open


@settings(deadline=None, max_examples=60)
@given(PLACES, INSTANTS)
def test_no_patient_is_ever_texted_outside_eight_to_nine_in_any_candidate_zone(where: Where, instant: datetime) -> None:
    if check(where, instant, sunday=True).open:
        assert all(8 <= instant.astimezone(ZoneInfo(zone)).hour < 21 for zone in candidates(where) or ALL_US_ZONES)


def test_the_area_code_table_says_what_the_library_says() -> None:
    described: dict[str, set[str]] = {}
    for prefix, names in sorted(GEOCODE_DATA.items(), key=lambda item: len(item[0])):
        state = state_rules.code_of(names.get("en", "").split(", ")[-1])
        if prefix.startswith("1") and len(prefix) >= 4 and state:
            described.setdefault(prefix[1:4], {state})

    ours = {code: set(states(somebody(number=f"+1{code}5550100"))) for code in described}

    assert ours == described
