"""The tests' own database: migrated, of the owner, and truly empty again after a test that committed."""

import psycopg

from tests.databases import Bells, Cluster, Database, clean, create, drop

ORGANISED = "SELECT count(*) FROM routes"


def rows(database: Database) -> int:
    with psycopg.connect(database.superuser_url) as connection:
        found = connection.execute(ORGANISED).fetchone()
        assert found
        return int(found[0])


def test_each_worker_has_a_migrated_database_that_the_app_role_may_enter(database_urls: Database) -> None:
    with psycopg.connect(database_urls.app_url) as connection:
        at = connection.execute("SELECT careloop.now()").fetchone()

    assert at


def test_clean_removes_every_row_and_starts_sequences_again(database_urls: Database) -> None:
    with psycopg.connect(database_urls.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("INSERT INTO routes (kind, key, org_id) VALUES ('slack', 'T1', uuidv7())")
        connection.execute("SELECT nextval('case_numbers')")
    assert rows(database_urls) == 1

    clean(database_urls)

    assert rows(database_urls) == 0
    with psycopg.connect(database_urls.superuser_url) as connection:
        moved = "SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL"
        assert connection.execute(moved).fetchone() == (0,)


def test_a_clone_is_a_database_of_its_own(postgres: Cluster, template: str) -> None:
    other = create(postgres, "careloop_clone", template=template)

    with psycopg.connect(other.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)

    drop(postgres, "careloop_clone")


def test_bells_can_be_flushed(valkey: Bells) -> None:
    valkey.flush()
