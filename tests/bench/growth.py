"""Whether the time for one enrollment stays the same while the tables grow: the same batch at 10,000, 100,000 and 1,000,000."""

import time
from datetime import timedelta
from uuid import UUID

import psycopg
from psycopg import sql

from handlers import jobs
from handlers.deps import Deps, use
from handlers.effects import texts
from sandbox.servers import Servers
from storage.outbox import Lane
from tests import factories
from tests.bench import seed
from tests.bench.report import Metric, log, tell
from tests.bench.stage import Stage, stage
from tests.business_clock import set_business_time

SIZES = (10_000, 100_000, 1_000_000)
BATCH = 2_000
FLAT = 1.5
FAR = timedelta(days=900)
# What tells one row of the ballast from another; every other column is as in the row it was copied from.
OWN = {
    "patients": {"id": "b.patient", "ehr_id": "'ballast-' || b.i", "mrn_hash": "NULL", "name_birth_hash": "NULL"},
    "phone_numbers": {"id": "b.number", "e164_hash": "sha256(b.i::text::bytea)"},
    "patient_numbers": {"patient_id": "b.patient", "number_id": "b.number"},
    "consents": {"id": "uuidv7()", "number_id": "b.number"},
    "conversations": {"id": "b.talk", "patient_id": "b.patient", "number_id": "b.number"},
    "enrollments": {"id": "b.enrollment", "patient_id": "b.patient", "number_id": "b.number"},
    "enrollment_steps": {"enrollment_id": "b.enrollment"},
    "messages": {
        "id": "uuidv7()", "enrollment_id": "b.enrollment", "patient_id": "b.patient", "number_id": "b.number",
        "conversation_id": "b.talk", "dedupe_key": "'ballast:' || b.i", "provider_sid": "NULL",
    },
    "decisions": {"enrollment_id": "b.enrollment", "number_id": "b.number", "message_id": "NULL"},
}  # fmt: skip


def run(servers: Servers, *, most: int) -> None:
    """Print enrollment_us_at_<size> for each size up to `most`, and how much slower the largest is than the smallest."""
    here = stage(servers, "growth")
    deps = here.deps()
    use(deps)
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    org = here.organisation(deps.db)
    _one(deps, org)
    taken: dict[int, float] = {}
    stands = 0
    for size in [size for size in SIZES if size <= most] or [most]:
        _grow(here, first=stands, last=size)
        stands = size
        _moved(deps, org, first=size)  # the connections' plans become those of tables of this size
        taken[size] = _moved(deps, org, first=size + BATCH)
        log(f"{size} enrollments: {taken[size]:.0f} us each")
    deps.db.dispose()
    for size, us in taken.items():
        tell(Metric(f"enrollment_us_at_{size}", us, "us"))
    slower = max(taken.values()) / taken[min(taken)]
    tell(Metric("growth_slower_by", slower, "x", target=f"<= {FLAT:g}", ok=slower <= FLAT))


def _one(deps: Deps, org: UUID) -> None:
    """One enrollment that waits for years, with a text that was sent: what the ballast is copied from."""
    with deps.db.begin(org=org) as session:
        ids = seed.enrollments(session, 1, wake_at=factories.MONDAY_NOON)
    jobs.advance(deps, org)
    texts.send_batch(deps, org, Lane.DELIVERY)
    with deps.db.begin(org=org) as session:
        connection = session.connection()
        connection.exec_driver_sql("UPDATE enrollments SET wake_at = wake_at + %s WHERE id = %s", (FAR, ids[0]))


def _grow(here: Stage, *, first: int, last: int) -> None:
    """Copy the one until there are `last`; their foreign keys hold by construction, so that they are not looked up."""
    began = time.perf_counter()
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(
            "CREATE TEMP TABLE b AS SELECT i, uuidv7() AS patient, uuidv7() AS number, uuidv7() AS talk, uuidv7() AS enrollment "
            f"FROM generate_series({first + 1}, {last}) AS i".encode()
        )
        for table, own in OWN.items():
            link.execute(_copy(link, table, own))
        link.execute("VACUUM ANALYZE")
    log(f"{last} enrollments after {time.perf_counter() - began:.0f} s")


def _copy(link: "psycopg.Connection[tuple[object, ...]]", table: str, own: dict[str, str]) -> sql.Composed:
    found = link.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''"
        " AND attgenerated = ''",
        (table,),
    ).fetchall()
    names = [str(name) for (name,) in found]
    values = [sql.SQL(own[name]) if name in own else sql.Identifier("one", name) for name in names]
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM (SELECT * FROM {table} LIMIT 1) AS one, b"
    ).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(values),
    )


def _moved(deps: Deps, org: UUID, *, first: int) -> float:
    """Microseconds for each of a batch that is moved by a step and texted."""
    with deps.db.begin(org=org) as session:
        seed.enrollments(session, BATCH, wake_at=factories.MONDAY_NOON, first=first)
    began = time.perf_counter()
    while jobs.advance(deps, org):
        pass
    while texts.send_batch(deps, org, Lane.DELIVERY):
        pass
    return (time.perf_counter() - began) / BATCH * 1e6
