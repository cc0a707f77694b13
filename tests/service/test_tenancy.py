"""One organisation cannot see, touch or name another's rows, whatever the query."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from core.crypto import KeyRing
from core.errors import Misconfigured
from storage import audit, outbox
from storage.db import Database, new_id, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Patient, Team
from tests import databases, factories

OPEN = {"routes", "alembic_version"}
APPEND_ONLY = [
    "audit",
    "audit_seals",
    "campaign_approvals",
    "cap_raises",
    "case_events",
    "contact_attempts",
    "corrections",
    "decisions",
    "events",
    "form_answers",
    "opinions",
    "program_versions",
    "provider_events",
]
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"


@pytest.fixture
def catalog(database_urls: databases.Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_urls.superuser_url) as connection:
        yield connection


@pytest.fixture
def other(db: Database) -> UUID:
    return factories.an_organisation(db, name="Hillside Clinic", brand="Hillside Clinic")


def a_patient_of(db: Database, org: UUID) -> UUID:
    with db.begin(org=org) as session:
        return factories.a_patient(session).id


def found(catalog: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return catalog.execute(sql.SQL(query)).fetchall()


def test_every_table_has_row_level_security_enabled_and_forced(catalog: psycopg.Connection) -> None:
    bare = found(catalog, f"{TABLES} AND NOT (relrowsecurity AND relforcerowsecurity)")

    assert {name for (name,) in bare} == OPEN


def test_every_protected_table_has_the_organisations_policy_and_no_wider_one_for_the_app(
    catalog: psycopg.Connection,
) -> None:
    policies = found(
        catalog,
        "SELECT tablename, qual, with_check FROM pg_policies WHERE schemaname = 'public' "
        "AND roles && ARRAY['careloop_app', 'public']::name[]",
    )
    inside = "(org_id = ( SELECT careloop.org_id() AS org_id))"

    tables = {name for (name,) in found(catalog, TABLES)} - OPEN
    assert sorted(str(name) for name, _, _ in policies) == sorted(str(name) for name in tables)
    assert {(qual, check) for _, qual, check in policies} == {(inside, inside)}


def test_every_primary_and_unique_key_begins_with_the_organisation(catalog: psycopg.Connection) -> None:
    loose = found(
        catalog,
        "SELECT c.relname, i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE c.relnamespace = 'public'::regnamespace AND (i.indisunique OR i.indisprimary) "
        "AND a.attname IS DISTINCT FROM 'org_id'",
    )

    assert {name for name, _ in loose} == OPEN


def test_every_foreign_key_carries_the_organisation_on_both_sides(catalog: psycopg.Connection) -> None:
    keys = found(
        catalog,
        "SELECT k.conname, "
        "EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair(here, there) "
        "  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here AND a.attname = 'org_id' "
        "  JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.there AND b.attname = 'org_id') "
        "FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace",
    )

    assert keys
    assert [name for name, carried in keys if not carried] == []


def test_the_apps_role_owns_nothing_and_cannot_bypass(catalog: psycopg.Connection) -> None:
    rights = found(
        catalog,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, "
        "(SELECT count(*) FROM pg_class WHERE relowner = r.oid) + (SELECT count(*) FROM pg_proc WHERE proowner = r.oid)"
        " + (SELECT count(*) FROM pg_namespace WHERE nspowner = r.oid), "
        "(SELECT count(*) FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r WHERE rolname = 'careloop_app'",
    )

    assert rights == [(False, False, False, False, 0, 0)]


def test_every_function_that_looks_across_fixes_its_search_path(catalog: psycopg.Connection) -> None:
    loose = found(
        catalog,
        "SELECT proname FROM pg_proc WHERE pronamespace = 'careloop'::regnamespace AND prosecdef "
        "AND NOT EXISTS (SELECT 1 FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=%pg_temp')",
    )

    assert loose == []


def test_a_query_outside_of_begin_raises(clean_database: databases.Database, db: Database, org: UUID) -> None:
    a_patient_of(db, org)

    with psycopg.connect(clean_database.app_url) as connection, pytest.raises(InsufficientPrivilege, match="begin"):
        connection.execute("SELECT id FROM patients")


def test_an_organisation_that_does_not_exist_is_refused(db: Database) -> None:
    nobody = UUID("019abcde-0000-7000-8000-000000000009")

    with pytest.raises(Misconfigured), db.begin(org=nobody):
        pass


def test_another_organisations_row_is_not_there_to_read_change_or_delete(db: Database, org: UUID, other: UUID) -> None:
    theirs = a_patient_of(db, other)

    with db.begin(org=org) as session:
        assert session.scalars(select(Patient.id)).all() == []
        changed = session.execute(
            update(Patient).where(Patient.id == theirs).values(language="es").returning(Patient.id)
        )
        assert changed.all() == []
        gone = session.execute(delete(Patient).where(Patient.id == theirs).returning(Patient.id))
        assert gone.all() == []

    with db.begin(org=other) as session:
        assert session.scalars(select(Patient.language)).all() == ["en"]


def test_a_row_cannot_be_written_into_another_organisation(db: Database, org: UUID, other: UUID) -> None:
    with pytest.raises(ProgrammingError) as error, db.begin(org=org) as session:
        session.add(Team(org_id=other, code="spy", name="Spy", channel_id="C0SPY"))

    assert isinstance(error.value.orig, InsufficientPrivilege)


def test_a_row_cannot_be_handed_over_to_another_organisation(db: Database, org: UUID, other: UUID) -> None:
    with db.begin(org=org) as session:
        factories.a_team(session)

    with pytest.raises(ProgrammingError) as error, db.begin(org=org) as session:
        session.execute(update(Team).values(org_id=other))

    assert isinstance(error.value.orig, InsufficientPrivilege)


def test_a_foreign_key_cannot_name_another_organisations_row(db: Database, org: UUID, other: UUID) -> None:
    theirs = a_patient_of(db, other)

    with pytest.raises(IntegrityError) as error, db.begin(org=org) as session:
        session.add(
            Appointment(org_id=org_of(session), id=new_id(session), ehr_id="a1", patient_id=theirs, status="booked")
        )

    assert isinstance(error.value.orig, ForeignKeyViolation)


def test_a_connection_goes_back_to_the_pool_without_an_organisation(clean_database: databases.Database) -> None:
    single = Database(clean_database.app_url, KeyRing.parse(factories.SECRET_KEYS), pool_size=1)
    org = factories.an_organisation(single)
    with single.begin(org=org) as session:
        before = session.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(ZeroDivisionError), single.begin(org=org):
        raise ZeroDivisionError

    with single._engine.connect() as link:
        same, left = link.execute(text("SELECT pg_backend_pid(), current_setting('app.org_id', true)")).one()

    assert same == before
    assert left == ""
    single.dispose()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET org_id = org_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_said_and_done_cannot_be_rewritten(db: Database, org: UUID, table: str, change: str) -> None:
    with pytest.raises(ProgrammingError) as error, db.begin(org=org) as session:
        session.execute(text(change.format(table)))

    assert isinstance(error.value.orig, InsufficientPrivilege)


@pytest.mark.parametrize("address", ["owner_url", "superuser_url"])
def test_the_app_does_not_start_as_a_powerful_role(database_urls: databases.Database, address: str) -> None:
    powerful = Database(getattr(database_urls, address), KeyRing.parse(factories.SECRET_KEYS))

    with pytest.raises(Misconfigured, match="DATABASE_URL"):
        powerful.refuse_powerful_role()

    powerful.dispose()


def test_the_app_does_not_start_as_a_member_of_the_owners_role(database_urls: databases.Database) -> None:
    role = sql.Identifier(f"{database_urls.name}_deputy")
    name = role.as_string(None).strip('"')
    with psycopg.connect(database_urls.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'deputy' IN ROLE careloop_owner").format(role))
    address = f"postgresql://{name}:deputy@{database_urls.owner_url.split('@')[1]}"
    deputy = Database(address, KeyRing.parse(factories.SECRET_KEYS))

    try:
        with pytest.raises(Misconfigured, match="DATABASE_URL"):
            deputy.refuse_powerful_role()
    finally:
        deputy.dispose()
        with psycopg.connect(database_urls.superuser_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_the_apps_own_role_is_accepted(db: Database) -> None:
    db.refuse_powerful_role()
    db.refuse_moved_clock()
    db.ping()


def test_looking_across_organisations_gives_ids_and_lanes_only(db: Database, org: UUID, other: UUID) -> None:
    quiet = factories.an_organisation(db, name="Quiet Clinic")
    for one in (org, other):
        with db.begin(org=one) as session:
            outbox.put(session, Topic.CARD_SYNC, "k1", lane=Lane.ACTIONS)

    assert set(db.due_orgs("actions")) == {org, other}
    assert db.due_orgs("bulk") == []
    assert db.due_lanes() == ["actions"]
    assert set(db.orgs()) == {org, other, quiet}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE FUNCTION careloop.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT now() $$",
        "DROP FUNCTION careloop.due_lanes()",
        "CREATE FUNCTION careloop.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
        "CREATE TABLE public.mine (x int)",
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON patients USING (true)",
        "SET ROLE careloop_owner",
        "TRUNCATE patients CASCADE",
    ],
)
def test_the_apps_role_cannot_change_the_rules(database_urls: databases.Database, statement: str) -> None:
    with psycopg.connect(database_urls.app_url) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


def test_without_row_level_security_stays_only_who_belongs_where(
    clean_database: databases.Database, db: Database, org: UUID
) -> None:
    with psycopg.connect(clean_database.app_url) as connection:
        connection.execute("INSERT INTO routes (kind, key, org_id) VALUES ('slack', 'T1', %s)", [org])
    with psycopg.connect(clean_database.app_url) as connection:
        for change in ("UPDATE routes SET key = 'T2'", "DELETE FROM routes"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(change)
            connection.rollback()

    assert db.route("slack", "T1") == org
    assert db.route("slack", "T2") is None


def test_another_organisations_audit_is_not_sealed_along(db: Database, org: UUID, other: UUID) -> None:
    for one in (org, other):
        with db.begin(org=one) as session:
            audit.record(session, "case.claimed", actor="system", subject=("case", "1"))

    with db.begin(org=org) as session:
        assert audit.seal(session) == 1
        assert audit.verify(session) == (1, None)
    with db.begin(org=other) as session:
        assert audit.verify(session) == (0, None)
