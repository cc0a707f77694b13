"""A cohort over a large chart: one statement, the members written, nothing brought here."""

import time
from uuid import UUID

import psycopg
from sqlalchemy import insert
from sqlalchemy.orm import Session

from sandbox.servers import Servers
from storage import feeds
from storage.db import Database, new_ids, org_of, vault
from storage.tables import Patient
from tests import factories
from tests.bench.report import Metric, log, tell
from tests.bench.stage import stage
from tests.business_clock import set_business_time
from workflows import cohorts

WITHIN_S = 10.0
AT_ONCE = 10_000
# Every third patient has diabetes; everybody has ten results, a tenth of them an A1c, spread over three years; two visits each.
RECORDS = """
INSERT INTO clinical_records (org_id, id, resource, ehr_id, patient_id, status, class, at, read_at)
SELECT p.org_id, uuidv7(), kind, kind || '-' || p.n || '-' || k, p.id,
       CASE kind WHEN 'Condition' THEN 'active' WHEN 'Encounter' THEN 'finished' ELSE 'final' END,
       CASE kind WHEN 'Encounter' THEN 'AMB' END,
       timestamptz '2026-11-20' - make_interval(days => CAST((p.n * 7 + k * 113) %% 1100 AS int)), now()
FROM (SELECT org_id, id, row_number() OVER () AS n FROM patients) p, generate_series(1, %(each)s) k, (SELECT %(kind)s::text AS kind) q
WHERE p.n %% %(every)s = 0
"""
CODES = """
INSERT INTO clinical_codes (org_id, record_id, system, code)
SELECT org_id, id, %(system)s, CASE WHEN right(ehr_id, 1) = '3' THEN %(code)s ELSE %(other)s END
FROM clinical_records WHERE resource = %(kind)s
"""
KINDS = (
    ("Observation", 10, 1, "http://loinc.org", "4548-4", "85354-9"),
    ("Condition", 3, 3, "http://hl7.org/fhir/sid/icd-10-cm", "E11.9", "I10"),
    ("Encounter", 2, 1, "http://snomed.info/sct", "185349003", "185349003"),
)


def run(servers: Servers, *, count: int) -> None:
    """Print cohort_<name>_s for two of the rules over `count` patients, the best of two runs each."""
    here = stage(servers, "cohort")
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    db = here.deps().db
    org = factories.an_organisation(db)
    _fill(db, org, count)
    with psycopg.connect(here.database.superuser_url, autocommit=True) as link:
        for kind, each, every, system, code, other in KINDS:
            link.execute(RECORDS, {"kind": kind, "each": each, "every": every})
            link.execute(CODES, {"kind": kind, "system": system, "code": code, "other": other})
        for table in ("patients", "clinical_records", "clinical_codes"):
            link.execute(f"VACUUM ANALYZE {table}".encode())
        rows = link.execute("SELECT count(*) FROM clinical_records").fetchone()
    log(f"{count} patients, {rows and rows[0]} records")
    for code in ("diabetes_a1c", "wellness"):
        took = min(_ask(db, org, code) for _ in range(2))
        target = f"<= {WITHIN_S:g}" if count >= 100_000 else None
        tell(Metric(f"cohort_{code}_s", took, "s", target=target, ok=took <= WITHIN_S if target else None))
    db.dispose()


def _fill(db: Database, org: UUID, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        with db.begin(org=org) as session:
            _patients(session, start, min(AT_ONCE, count - start))
    with db.begin(org=org) as session:
        cohorts.save_built_in(session, actor="system")
        for kind in ("Patient", "Appointment", "Encounter", "Condition", "Observation", "Procedure"):
            feeds.seen(session, kind, [])


def _patients(session: Session, start: int, count: int) -> None:
    keys = vault(session)
    rows = []
    for n, row in enumerate(new_ids(session, count), start=start):
        born = f"{1940 + n % 80}-{1 + n % 12:02d}-15"
        rows.append(
            {
                "org_id": org_of(session), "id": row, "ehr_id": f"pt-{n}", "given": b"", "family": b"", "birth_year": int(born[:4]),
                "birth_date": keys.seal(born, "patients.birth_date", row), "gender": "female" if n % 2 else "male",
            }
        )  # fmt: skip
    session.execute(insert(Patient), rows)


def _ask(db: Database, org: UUID, code: str) -> float:
    began = time.perf_counter()
    with db.begin(org=org) as session:
        found = cohorts.evaluate(session, cohorts.by_code(session, code).id)
    took = time.perf_counter() - began
    log(f"{code}: {took:.2f} s, {found.funnel['in']} in, {[(s['step'], s['left']) for s in found.funnel['steps']]}")
    return took
