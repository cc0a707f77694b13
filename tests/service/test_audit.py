"""The audit: rows are chained in order, what is sealed cannot be altered unseen, and no row is left out of the chain."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.orm import Session

from storage import audit
from storage.db import Database
from tests import databases, factories


def record(session: Session, action: str = "case.claimed", subject: str = "case-1", **detail: str | int | None) -> None:
    audit.record(session, action, actor="system", subject=("case", subject), **detail)


def recorded(db: Database, org: UUID, *actions: str) -> None:
    with db.begin(org=org) as session:
        for action in actions:
            record(session, action, state="claimed")


def sealed(db: Database, org: UUID, **how: Any) -> int:
    with db.begin(org=org) as session:
        return audit.seal(session, **how)


def verified(db: Database, org: UUID) -> tuple[int, str | None]:
    with db.begin(org=org) as session:
        return audit.verify(session)


@pytest.fixture
def tamper(clean_database: databases.Database) -> Iterator[Any]:
    """Runs a statement as the superuser, with triggers and foreign keys off."""
    with psycopg.connect(clean_database.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection.execute


def test_rows_are_chained_seal_after_seal(db: Database, org: UUID) -> None:
    recorded(db, org, "case.opened", "case.claimed")
    assert sealed(db, org) == 2
    recorded(db, org, "case.closed")
    assert sealed(db, org) == 1

    assert sealed(db, org) == 0
    assert verified(db, org) == (3, None)


def test_a_seal_takes_at_most_as_many_as_it_is_told(db: Database, org: UUID) -> None:
    recorded(db, org, *("case.opened" for _ in range(5)))

    assert [sealed(db, org, most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert verified(db, org) == (5, None)


def test_an_unsealed_row_is_not_counted_as_verified(db: Database, org: UUID) -> None:
    recorded(db, org, "case.opened")

    assert verified(db, org) == (0, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET action = 'case.closed' WHERE action = 'case.claimed'",
        "UPDATE audit SET detail = '{}' WHERE action = 'case.claimed'",
        "UPDATE audit SET actor = 'patient' WHERE action = 'case.claimed'",
        "UPDATE audit SET subject_id = 'case-2' WHERE action = 'case.claimed'",
        "UPDATE audit SET at = at - interval '1 day' WHERE action = 'case.claimed'",
        "DELETE FROM audit WHERE action = 'case.claimed'",
        "DELETE FROM audit",
        "DELETE FROM audit_seals WHERE seq = 1",
        "UPDATE audit_seals SET hash = hash || '\\x00'",
    ],
)
def test_an_altered_or_deleted_row_is_found(db: Database, org: UUID, tamper: Any, change: str) -> None:
    for action in ("case.opened", "case.claimed", "case.closed"):
        recorded(db, org, action)
        assert sealed(db, org) == 1

    tamper(change)

    _, fault = verified(db, org)
    assert fault is not None
    assert "seal" in fault


def test_a_row_slipped_in_between_two_seals_is_found(db: Database, org: UUID, tamper: Any) -> None:
    recorded(db, org, "case.opened", "case.claimed", "case.closed")
    tamper("DELETE FROM audit WHERE action = 'case.claimed'")  # its number is free: as after a rollback
    assert sealed(db, org, most=1) == 1
    assert sealed(db, org) == 1

    tamper(
        "INSERT INTO audit (org_id, id, at, machine_at, actor, action, subject_kind, subject_id, detail) OVERRIDING SYSTEM VALUE "
        "SELECT org_id, id + 1, at, machine_at, actor, 'case.released', subject_kind, subject_id, detail FROM audit "
        "WHERE action = 'case.opened'"
    )

    assert verified(db, org)[1] is not None


def test_a_row_numbered_lower_but_committed_later_is_sealed_all_the_same(db: Database, org: UUID) -> None:
    with db.begin(org=org) as slow:
        record(slow, "case.opened")
        recorded(db, org, "case.claimed")
        assert sealed(db, org) == 0

    assert sealed(db, org) == 2
    assert verified(db, org) == (2, None)


def test_a_late_row_of_a_younger_transaction_is_not_left_out_of_the_chain(db: Database, org: UUID) -> None:
    with db.begin(org=org) as young:
        with db.begin(org=org) as old:
            factories.a_team(old)  # gets its transaction id first …
            record(young, "case.opened")  # … and its audit row the higher number
            record(old, "case.claimed")
        sealed(db, org)

    sealed(db, org)

    assert verified(db, org) == (2, None)


def test_a_row_that_was_rolled_back_leaves_no_hole_in_the_chain(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        record(session, "case.opened")
        session.rollback()
    recorded(db, org, "case.claimed")

    assert sealed(db, org) == 1
    assert verified(db, org) == (1, None)


def test_a_transaction_that_audits_nothing_does_not_hold_the_sealer_up(db: Database, org: UUID) -> None:
    recorded(db, org, "case.opened")

    with db.begin(org=org) as busy:
        factories.a_team(busy)
        assert sealed(db, org) == 1


def test_another_organisations_open_transaction_does_not_hold_the_sealer_up(db: Database, org: UUID) -> None:
    other = factories.an_organisation(db, name="Hillside Clinic")
    recorded(db, org, "case.opened")

    with db.begin(org=other) as busy:
        record(busy)
        assert sealed(db, org) == 1


def test_two_sealers_at_once_do_not_seal_a_row_twice(db: Database, org: UUID) -> None:
    recorded(db, org, "case.opened")

    with db.begin(org=org) as one:
        assert audit.seal(one) == 1
        assert sealed(db, org) == 0

    assert sealed(db, org) == 0
    assert verified(db, org) == (1, None)


def test_a_sealer_that_had_to_give_way_leaves_its_transaction_usable(db: Database, org: UUID) -> None:
    recorded(db, org, "case.opened")

    with db.begin(org=org) as busy:
        record(busy, "case.claimed")
        with db.begin(org=org) as sealer:
            assert audit.seal(sealer) == 0
            record(sealer, "seal.late")

    assert sealed(db, org) == 3


def test_the_rows_about_one_record_are_read_oldest_first(db: Database, org: UUID) -> None:
    with db.begin(org=org) as session:
        record(session, "case.opened", priority="routine", nothing=None)
        record(session, "case.opened", subject="case-2")
        record(session, "case.claimed", staff="stf_1")

        rows = list(audit.of_subject(session, "case", "case-1"))

    assert [(row.action, row.detail) for row in rows] == [
        ("case.opened", {"priority": "routine"}),
        ("case.claimed", {"staff": "stf_1"}),
    ]
