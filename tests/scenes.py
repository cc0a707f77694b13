"""Saved contents of a database: what many tests begin with is written once a pytest worker, then copied by PostgreSQL."""

from tests.databases import Database
from tests.kept import line

_SAVED: set[tuple[str, str]] = set()


def save(database: Database, name: str) -> None:
    """Keep all rows and sequences as they are now."""
    with line(database.superuser_url) as connection:
        connection.execute(SAVE.replace("scene", name))
    _SAVED.add((database.superuser_url, name))


def saved(database: Database, name: str) -> bool:
    """This worker can play it."""
    return (database.superuser_url, name) in _SAVED


def play(database: Database, name: str) -> None:
    """The database, which is empty, is again as it was when this scene was saved."""
    with line(database.superuser_url) as connection:
        connection.execute(PLAY.replace("scene", name))


SAVE = """
DO $$
DECLARE it record; filled boolean;
BEGIN
    CREATE SCHEMA scene;
    CREATE TABLE scene.sequences_kept AS
        SELECT format('%I.%I', schemaname, sequencename) AS name, last_value AS at
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
    FOR it IN SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', it.relname) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE scene.%1$I AS TABLE public.%1$I', it.relname);
        END IF;
    END LOOP;
END $$
"""
PLAY = """
DO $$
DECLARE it record;
BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '10s';
    FOR it IN SELECT relname FROM pg_class
        WHERE relnamespace = 'scene'::regnamespace AND relkind = 'r' AND relname <> 'sequences_kept'
    LOOP
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM scene.%1$I', it.relname);
    END LOOP;
    FOR it IN SELECT * FROM scene.sequences_kept LOOP
        PERFORM setval(it.name::regclass, it.at, true);
    END LOOP;
END $$
"""
