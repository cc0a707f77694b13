"""The demo's clock: every process sees one business time, which can jump ahead and never goes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text

from core.errors import Misconfigured, Refused
from sandbox.clock import DemoClock
from storage.db import Database, now
from tests import databases
from tests.business_clock import reset, set_business_time

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # Monday 9:00 in Chicago
SOON = timedelta(seconds=30)  # more than a test takes
CHANGES = ["UPDATE careloop.business_clock SET paused = true", "DELETE FROM careloop.business_clock"]


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def clock(clean_database: databases.Database, changes: list[bool]) -> Iterator[DemoClock]:
    demo = DemoClock(clean_database.owner_url, changed=lambda: changes.append(True))
    demo.install(START)
    yield demo
    reset(clean_database.owner_url)


def test_the_page_and_the_database_tell_the_same_time(clock: DemoClock, db: Database, org: UUID) -> None:
    before = clock.now()
    with db.begin(org=org) as session:
        inside = now(session)
    after = clock.now()

    assert START <= before <= inside <= after < START + SOON
    assert inside.tzinfo is not None


def test_time_stands_still_within_a_transaction(clock: DemoClock, db: Database, org: UUID) -> None:
    clock.rate(3600)

    with db.begin(org=org) as session:
        assert session.scalar(text("SELECT careloop.now()")) == now(session)


def test_a_transaction_that_was_open_during_a_jump_does_not_see_time_go_back(
    clock: DemoClock, db: Database, org: UUID
) -> None:
    with db.begin(org=org) as session:
        begun = now(session)
        clock.jump(START + timedelta(hours=1))
        later = session.scalar(text("SELECT careloop.now()"))

    assert later is not None
    assert later >= START + timedelta(hours=1) > begun


def test_installing_twice_keeps_the_running_time(clock: DemoClock, clean_database: databases.Database) -> None:
    clock.jump(START + timedelta(hours=5))
    clock.pause()

    again = DemoClock(clean_database.owner_url)
    again.install(START)

    assert again.now() == clock.now() >= START + timedelta(hours=5)


def test_a_jump_is_seen_everywhere_and_told_to_the_page(clock: DemoClock, db: Database, changes: list[bool]) -> None:
    clock.jump(START + timedelta(days=2))

    assert START + timedelta(days=2) <= db.business_now() < START + timedelta(days=2) + SOON
    assert changes == [True]


@pytest.mark.parametrize("delta", [timedelta(seconds=-1), timedelta(days=-400), timedelta(days=400), timedelta.max])
def test_time_does_not_go_back_nor_out_of_sight(clock: DemoClock, changes: list[bool], delta: timedelta) -> None:
    clock.pause()
    before = clock.now()

    with pytest.raises(Refused):
        clock.advance(delta)

    assert clock.now() == before
    assert changes == [True]  # the pause only


def test_a_jump_into_the_past_is_refused(clock: DemoClock) -> None:
    with pytest.raises(Refused, match="does not go back"):
        clock.jump(START - timedelta(seconds=1))


def test_paused_time_stands_and_jumps(clock: DemoClock, db: Database) -> None:
    clock.pause()
    stood = db.business_now()
    assert db.business_now() == stood == clock.now()

    clock.advance(timedelta(hours=1))

    assert db.business_now() == stood + timedelta(hours=1) == clock.now()
    clock.resume()
    assert stood + timedelta(hours=1) <= db.business_now() < stood + timedelta(hours=1) + SOON


def test_a_faster_rate_runs_on_from_where_time_is(clock: DemoClock, db: Database) -> None:
    at = clock.now()
    clock.rate(3600)

    first, second = db.business_now(), db.business_now()

    assert at <= first < second
    assert (
        second - first
    ).total_seconds() > 0.05  # a query takes some microseconds at least; here each counts 3600-fold
    assert clock.state()["rate"] == 3600


@pytest.mark.parametrize("rate", [0, -1, 3601, float("nan"), float("inf")])
def test_an_impossible_rate_is_refused(clock: DemoClock, rate: float) -> None:
    with pytest.raises(Refused):
        clock.rate(rate)

    assert clock.state()["rate"] == 1


def test_the_state_is_what_the_page_draws(clock: DemoClock) -> None:
    clock.pause()

    assert clock.state() == {"now": clock.now().isoformat(), "rate": 1, "paused": True, "zone": "America/Chicago"}


def test_the_pages_buttons_move_the_clock(clock: DemoClock) -> None:
    clock.act({"paused": True})
    clock.act({"jump_to": "2026-11-24T15:00:00.000Z"})
    assert clock.now() == START + timedelta(days=1)

    clock.act({"jump": "1h"})
    assert clock.now() == START + timedelta(days=1, hours=1)
    clock.act({"jump": "1d"})
    assert clock.now() == START + timedelta(days=2, hours=1)
    clock.act({"rate": 60, "paused": False})
    assert (clock.state()["rate"], clock.state()["paused"]) == (60, False)


def test_a_day_ahead_is_the_same_time_of_day_over_a_change_of_daylight_saving(clock: DemoClock) -> None:
    clock.pause()
    clock.jump(datetime(2027, 3, 13, 15, 0, tzinfo=UTC))  # Saturday 9:00, the night before clocks go ahead

    clock.act({"jump": "1d"})

    assert clock.now() == datetime(2027, 3, 14, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "asked",
    [
        {"jump": "1y"},
        {"jump_to": "tomorrow"},
        {"jump_to": 7},
        {"jump_to": "2026-11-24T09:00"},
        {"rate": "60"},
        {"jump": []},
    ],
)
def test_what_the_page_cannot_mean_is_refused(clock: DemoClock, asked: dict[str, object]) -> None:
    with pytest.raises(Refused):
        clock.act(asked)


def test_the_app_reads_the_clock_and_cannot_move_it(clock: DemoClock, clean_database: databases.Database) -> None:
    with psycopg.connect(clean_database.app_url) as connection:
        (at,) = connection.execute("SELECT careloop.now()").fetchone() or (None,)
        assert at is not None
        assert START <= at < START + SOON
    for change in CHANGES:
        with psycopg.connect(clean_database.app_url) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(change)


def test_the_app_does_not_start_on_a_demos_clock_unless_it_is_one(clock: DemoClock, db: Database) -> None:
    with pytest.raises(Misconfigured, match="demo's clock"):
        db.refuse_moved_clock()


def test_a_clock_that_is_not_installed_says_so(database_urls: databases.Database) -> None:
    with pytest.raises(Misconfigured, match="not installed"):
        DemoClock(database_urls.owner_url).now()


def test_a_tests_clock_stands_where_it_was_put_and_is_taken_away_again(
    clean_database: databases.Database, db: Database
) -> None:
    set_business_time(clean_database.owner_url, START)
    assert db.business_now() == START
    set_business_time(clean_database.owner_url, START - timedelta(days=1))
    assert db.business_now() == START - timedelta(days=1)

    reset(clean_database.owner_url)

    db.refuse_moved_clock()
    assert db.business_now() != START - timedelta(days=1)
