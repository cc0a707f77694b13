"""Promised effects: leave only if the transaction commits, one at a time per key, never lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from core.crypto import KeyRing
from storage import outbox
from storage.db import Database
from storage.outbox import Lane, Leased, Promise, Topic
from tests import databases, factories

ACTIONS = Lane.ACTIONS


def put(db: Database, org: UUID, key: str = "case-1", *, topic: Topic = Topic.CARD_SYNC, **more: Any) -> None:
    with db.begin(org=org) as session:
        outbox.put(session, topic, key, lane=ACTIONS, **more)


def claim(db: Database, org: UUID, *, most: int = 100) -> list[Leased]:
    with db.begin(org=org) as session:
        return outbox.claim(session, ACTIONS, most=most)


def fail_after_put(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        outbox.put(session, Topic.CARD_SYNC, "case-1", lane=ACTIONS)
        raise ZeroDivisionError


@pytest.fixture
def rows(clean_database: databases.Database) -> Iterator[Any]:
    """Reads and alters outbox rows as the superuser, past every rule."""
    with psycopg.connect(clean_database.superuser_url, autocommit=True) as connection:

        def run(query: str) -> list[tuple[Any, ...]]:
            done = connection.execute(query)
            return done.fetchall() if done.description else []

        yield run


STATES = "SELECT state FROM outbox ORDER BY id"
EXPIRE = "UPDATE outbox SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'leased'"


def test_a_promise_made_twice_is_kept_once_and_with_the_newest_payload(db: Database, org: UUID) -> None:
    put(db, org, version="1")
    put(db, org, version="2")

    (leased,) = claim(db, org)

    assert (leased.topic, leased.key, leased.payload) == (Topic.CARD_SYNC, "case-1", {"version": "2"})


def test_the_same_key_of_another_topic_or_organisation_is_another_promise(db: Database, org: UUID) -> None:
    other = factories.an_organisation(db, name="Hillside Clinic")
    put(db, org)
    put(db, org, topic=Topic.EHR_TASK)
    put(db, other)

    assert len(claim(db, org)) == 2
    assert len(claim(db, other)) == 1


def test_a_renewed_promise_keeps_the_earlier_time(db: Database, org: UUID) -> None:
    put(db, org, delay_s=0)
    put(db, org, delay_s=600)

    assert len(claim(db, org)) == 1


def test_a_promise_for_later_is_not_due_yet(db: Database, org: UUID) -> None:
    put(db, org, delay_s=600)

    assert claim(db, org) == []
    assert db.due_lanes() == []


def test_many_promises_in_one_call_ring_each_lane_once(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        outbox.put_all(session, [Promise(Topic.CARD_SYNC, f"case-{n}", ACTIONS) for n in range(5)])
        outbox.put_all(session, [])

    assert [row.key for row in claim(db, org)] == [f"case-{n}" for n in range(5)]


def test_no_promise_is_left_of_a_transaction_that_failed(db: Database, org: UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_put(db, org)

    assert claim(db, org) == []


def test_eight_workers_at_once_lease_every_row_exactly_once(db: Database, org: UUID) -> None:
    for n in range(40):
        put(db, org, f"case-{n}")
    start = Barrier(8)

    def work() -> list[str]:
        start.wait()
        mine: list[str] = []
        while got := claim(db, org, most=3):
            mine += [row.key for row in got]
        return mine

    with ThreadPoolExecutor(8) as pool:
        leased = [key for one in [pool.submit(work) for _ in range(8)] for key in one.result()]

    assert sorted(leased) == sorted(f"case-{n}" for n in range(40))


def test_a_lease_that_ran_out_comes_back_counted_and_longer(db: Database, org: UUID, rows: Any) -> None:
    put(db, org)
    (first,) = claim(db, org)
    assert claim(db, org) == []
    rows(EXPIRE)
    assert db.due_lanes() == ["actions"]

    (second,) = claim(db, org)

    assert (second.id, second.attempts) == (first.id, 2)
    assert second.token != first.token
    assert rows("SELECT lease_until > clock_timestamp() + interval '40 seconds' FROM outbox") == [(True,)]


def test_a_late_worker_cannot_settle_what_another_has_leased_since(db: Database, org: UUID, rows: Any) -> None:
    put(db, org)
    (slow,) = claim(db, org)
    rows(EXPIRE)
    (quick,) = claim(db, org)

    with db.begin(org=org) as session:
        assert not outbox.done(session, slow)
        assert not outbox.again(session, slow, wait_s=0, problem="throttled")
        assert not outbox.dead(session, slow, problem="gave_up")
    assert rows(STATES) == [("leased",)]
    with db.begin(org=org) as session:
        assert outbox.done(session, quick)
    assert rows(STATES) == [("done",)]


def test_a_lease_that_ran_out_is_stale_even_before_anybody_takes_it(db: Database, org: UUID, rows: Any) -> None:
    put(db, org)
    (slow,) = claim(db, org)
    rows(EXPIRE)
    with db.begin(org=org) as session:
        outbox.claim(session, ACTIONS, most=0)

    with db.begin(org=org) as session:
        assert not outbox.done(session, slow)
    assert rows(STATES) == [("due",)]


def test_while_one_of_a_key_is_out_a_newer_one_waits(db: Database, org: UUID, rows: Any) -> None:
    put(db, org, version="1")
    (first,) = claim(db, org)
    put(db, org, version="2")

    assert claim(db, org) == []
    with db.begin(org=org) as session:
        assert outbox.done(session, first)
    (second,) = claim(db, org)

    assert second.payload == {"version": "2"}
    assert rows(STATES) == [("done",), ("leased",)]


def test_one_to_be_tried_again_gives_way_to_a_newer_one(db: Database, org: UUID, rows: Any) -> None:
    put(db, org, version="1")
    (first,) = claim(db, org)
    put(db, org, version="2")

    with db.begin(org=org) as session:
        assert outbox.again(session, first, wait_s=0, problem="throttled")

    assert rows(STATES) == [("done",), ("due",)]
    assert [row.payload for row in claim(db, org)] == [{"version": "2"}]


def test_one_whose_lease_ran_out_gives_way_to_a_newer_one(db: Database, org: UUID, rows: Any) -> None:
    put(db, org, version="1")
    claim(db, org)
    put(db, org, version="2")
    rows(EXPIRE)

    assert [row.payload for row in claim(db, org)] == [{"version": "2"}]
    assert rows(STATES) == [("done",), ("leased",)]


@pytest.mark.parametrize("ran_out", [False, True])
def test_one_that_comes_back_while_a_newer_one_is_just_being_put_gives_way(
    db: Database, org: UUID, rows: Any, ran_out: bool
) -> None:
    put(db, org, version="1")
    (first,) = claim(db, org)
    if ran_out:
        rows(EXPIRE)

    def come_back() -> None:
        with db.begin(org=org) as session:
            if ran_out:
                outbox.claim(session, ACTIONS, most=0)
            else:
                assert outbox.again(session, first, wait_s=0, problem="throttled")

    with ThreadPoolExecutor(1) as pool:
        with db.begin(org=org) as session:
            outbox.put(session, Topic.CARD_SYNC, "case-1", lane=ACTIONS, version="2")
            coming = pool.submit(come_back)
            until_somebody_waits(rows)
        coming.result()

    assert rows(STATES) == [("done",), ("due",)]


def until_somebody_waits(rows: Any) -> None:
    """Another connection is blocked by the transaction that is open here."""
    deadline = monotonic() + 20
    while rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ) == [(0,)]:
        assert monotonic() < deadline


def test_tried_again_waits_as_long_as_asked(db: Database, org: UUID, rows: Any) -> None:
    put(db, org)
    (leased,) = claim(db, org)

    with db.begin(org=org) as session:
        assert outbox.again(session, leased, wait_s=600, problem="throttled")

    assert claim(db, org) == []
    assert rows("SELECT state, problem FROM outbox") == [("due", "throttled")]


def test_given_up_stays_given_up(db: Database, org: UUID, rows: Any) -> None:
    put(db, org)
    (leased,) = claim(db, org)

    with db.begin(org=org) as session:
        assert outbox.dead(session, leased, problem="gave_up")
    rows(EXPIRE)

    assert claim(db, org) == []
    assert rows("SELECT state, problem FROM outbox") == [("dead", "gave_up")]


def test_texts_are_never_claimed_with_the_rest(db: Database, org: UUID) -> None:
    message = uuid4()
    put(db, org, str(message), topic=Topic.TEXT_SEND)

    assert claim(db, org) == []
    with db.begin(org=org) as session:
        ((row_id, key),) = outbox.due_sends(session, ACTIONS, most=10)
        assert key == message
        outbox.finish(session, [row_id])
    with db.begin(org=org) as session:
        assert outbox.due_sends(session, ACTIONS, most=10) == []


def test_two_workers_do_not_see_the_same_texts(db: Database, org: UUID) -> None:
    put(db, org, str(uuid4()), topic=Topic.TEXT_SEND)

    with db.begin(org=org) as one, db.begin(org=org) as other:
        assert len(outbox.due_sends(one, ACTIONS, most=10)) == 1
        assert outbox.due_sends(other, ACTIONS, most=10) == []


def test_a_promise_can_be_taken_back_until_somebody_has_begun(db: Database, org: UUID, rows: Any) -> None:
    put(db, org, "case-1")
    claim(db, org)
    put(db, org, "case-2")

    with db.begin(org=org) as session:
        outbox.cancel(session, Topic.CARD_SYNC, ["case-1", "case-2"])
        outbox.cancel(session, Topic.CARD_SYNC, [])

    assert rows(STATES) == [("leased",), ("done",)]
    assert claim(db, org) == []


def test_bells_ring_after_the_commit_and_not_after_a_rollback(clean_database: databases.Database) -> None:
    rung: list[tuple[set[str], int]] = []

    def committed() -> int:
        with psycopg.connect(clean_database.superuser_url) as connection:
            found = connection.execute("SELECT count(*) FROM outbox").fetchone()
        return int(found[0]) if found else 0

    db = Database(
        clean_database.app_url,
        KeyRing.parse(factories.SECRET_KEYS),
        after_commit=lambda lanes: rung.append((lanes, committed())),
    )
    org = factories.an_organisation(db)

    with pytest.raises(ZeroDivisionError):
        fail_after_put(db, org)
    assert rung == []
    with db.begin(org=org) as session:
        outbox.put(session, Topic.CARD_SYNC, "case-1", lane=ACTIONS)
        outbox.put(session, Topic.EHR_TASK, "case-1", lane=Lane.BULK)
        assert rung == []
    with db.begin(org=org):
        pass

    assert rung == [({"actions", "bulk"}, 2)]
    db.dispose()
