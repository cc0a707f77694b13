"""How many statements the busy paths cost: a constant, whatever the size of the batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from storage.db import Database, now
from storage.outbox import Lane
from storage.tables import Case
from tests import business_clock, databases, factories
from tests.bench import seed
from workflows import cases, desk, enrollments, lenses, publishing, sending, staff
from workflows.sending import Fate, Outcome

CLAIM = 8
ADVANCE = 17
SEND = 25  # the gate's facts come in a query a table, however many texts there are
SETTLE = 5
DESK = 3


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement sent to PostgreSQL meanwhile; one for many rows counts once."""
    seen: list[str] = []

    def hear(_link: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.fixture
def clinic(db: Database, org: UUID, clean_database: databases.Database) -> Iterator[UUID]:
    """A clinic at noon on a Monday, with its teams, one agent and the built-in programs."""
    business_clock.set_business_time(clean_database.owner_url, factories.MONDAY_NOON)
    with db.begin(org=org) as session:
        factories.a_site(session)
        teams = factories.all_teams(session)
        factories.a_member_of_staff(session, team=teams["patient_access"])
        publishing.publish_built_in(session, actor="system")
    yield org
    business_clock.reset(clean_database.owner_url)


def _claimed(session: Session, case_id: UUID) -> Case:
    return cases.claim(session, case_id, by=staff.of_slack(session, factories.WORKSPACE, "U0AGENT"))


def _advanced(db: Database, org: UUID, count: int) -> list[str]:
    """The statements of one batch of `count` enrollments, each with a text to plan."""
    with db.begin(org=org) as session:
        seed.enrollments(session, count, wake_at=now(session))
    with statements() as seen, db.begin(org=org) as session:
        moved = enrollments.advance(session)
    assert len(moved) == count
    return seen


def test_a_claim_costs_at_most_eight_statements(db: Database, clinic: UUID) -> None:
    with db.begin(org=clinic) as session:
        [case_id] = seed.cases(session, 1)

    with statements() as seen, db.begin(org=clinic) as session:
        _claimed(session, case_id)

    assert len(seen) <= CLAIM


def test_moving_a_hundred_enrollments_costs_no_more_statements_than_a_constant(db: Database, clinic: UUID) -> None:
    assert len(_advanced(db, clinic, 100)) <= ADVANCE


def test_claiming_and_settling_a_batch_of_texts_costs_no_more_statements_than_a_constant(
    db: Database, clinic: UUID
) -> None:
    _advanced(db, clinic, sending.BATCH)

    with statements() as claiming, db.begin(org=clinic) as session:
        ready = sending.claim(session, Lane.DELIVERY)
    outcomes = [Outcome(item.attempt_id, Fate.ACCEPTED, sid=f"SM{item.attempt_id.hex}") for item in ready]
    with statements() as settling, db.begin(org=clinic) as session:
        sending.settle(session, outcomes)

    assert len(ready) == sending.BATCH
    assert len(claiming) <= SEND
    assert len(settling) <= SETTLE


@pytest.mark.parametrize("state", ["", *lenses.STATES])
def test_any_view_of_a_desk_costs_at_most_three_queries(db: Database, clinic: UUID, state: str) -> None:
    with db.begin(org=clinic) as session:
        who = staff.of_slack(session, factories.WORKSPACE, "U0AGENT")
        seed.mixed_desk(session, 120, runs=60, owner=who.id)
        lenses.narrow(session, who, state=state)

    for view in desk.View:
        for page, size in ((0, desk.PAGE), (1, 50)):
            with db.begin(org=clinic) as session:
                now(session)
                with statements() as seen:
                    found = desk.load(session, who, view=view, page=page, size=size)
            assert len(seen) <= DESK, (view, page)
            assert found.counts


def test_a_desk_counts_what_it_lists(db: Database, clinic: UUID) -> None:
    with db.begin(org=clinic) as session:
        who = staff.of_slack(session, factories.WORKSPACE, "U0AGENT")
        seed.mixed_desk(session, 120, runs=60, owner=who.id)

    for state in ("", "needs_person", "active", "replied", "waiting"):
        for view in desk.CASES:
            with db.begin(org=clinic) as session:
                lenses.narrow(session, who, state=state, kind="low_score")
                found = desk.load(session, who, view=view, size=500)
            assert found.total == len(found.entries), (view, state)
            assert {line.shown for line in found.entries} <= ({state} if state else set(lenses.STATES))
