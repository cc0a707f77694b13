"""Migrations go all the way up and down, the models agree with them, and there is one head."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from tests.databases import Cluster, Database, alembic_config, create, drop, migrate

LEFT_OVER = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg%' AND n.nspname <> 'information_schema'
  AND c.relkind IN ('r', 'p', 'v', 'S') AND c.relname NOT LIKE 'alembic_version%'
UNION ALL
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT LIKE 'pg%' AND n.nspname <> 'information_schema'
UNION ALL
SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname NOT LIKE 'pg%' AND n.nspname <> 'information_schema' AND t.typtype IN ('e', 'd')
"""


@pytest.fixture
def empty(postgres: Cluster, worker_number: int) -> Iterator[Database]:
    name = f"careloop_migration_{worker_number}"
    yield create(postgres, name)
    drop(postgres, name)


def names(database: Database, query: str) -> list[str]:
    with psycopg.connect(database.superuser_url) as connection:
        return sorted(name for (name,) in connection.execute(query.encode()))


def test_there_is_one_head(empty: Database) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(empty)).get_heads()) == 1


def test_models_and_migrations_agree(empty: Database) -> None:
    migrate(empty)

    command.check(alembic_config(empty))


def test_the_last_migration_can_be_taken_back_and_applied_again(empty: Database) -> None:
    migrate(empty)
    before = names(empty, LEFT_OVER)

    command.downgrade(alembic_config(empty), "-1")
    migrate(empty)

    assert names(empty, LEFT_OVER) == before


def test_all_migrations_can_be_taken_back_leaving_nothing_and_applied_again(empty: Database) -> None:
    migrate(empty)
    before = names(empty, LEFT_OVER)

    command.downgrade(alembic_config(empty), "base")
    between = names(empty, LEFT_OVER)
    migrate(empty)

    assert between == []
    assert names(empty, LEFT_OVER) == before
    command.check(alembic_config(empty))


def test_every_table_belongs_to_the_owner_and_none_to_the_app(empty: Database) -> None:
    migrate(empty)

    owners = names(empty, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")

    assert owners == ["careloop_owner"]
