"""The clinical mirror, written a batch at a time: a few statements whatever the number of records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import clock
from storage.db import org_of


@dataclass(frozen=True, slots=True)
class Line:
    """A record to write: its columns, and its codes as (system, code)."""

    resource: str
    ehr_id: str
    patient_id: UUID
    status: str
    codes: tuple[tuple[str, str], ...]
    class_code: str | None
    at: datetime | None
    until: datetime | None
    recorded_at: datetime | None
    value: float | None
    unit: str | None
    disposition: str | None
    within_ehr_id: str | None
    version: str | None
    updated_at: datetime | None


_UPSERT = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:resource AS text[]), CAST(:ehr_id AS text[]), CAST(:patient_id AS uuid[]), CAST(:status AS text[]),
            CAST(:class_code AS text[]), CAST(:at AS timestamptz[]), CAST(:until AS timestamptz[]),
            CAST(:recorded_at AS timestamptz[]), CAST(:value AS float8[]), CAST(:unit AS text[]), CAST(:disposition AS text[]),
            CAST(:within_ehr_id AS text[]), CAST(:version AS text[]), CAST(:updated_at AS timestamptz[]))
        AS t (resource, ehr_id, patient_id, status, class, at, until, recorded_at, value, unit, disposition, within_ehr_id,
              version, updated_at)
    )
    INSERT INTO clinical_records AS r (org_id, resource, ehr_id, patient_id, status, class, at, until, recorded_at, value, unit,
                                       disposition, within_ehr_id, ehr_version, ehr_updated_at, read_at)
    SELECT :org, resource, ehr_id, patient_id, status, class, at, until, recorded_at, value, unit, disposition, within_ehr_id,
           version, updated_at, :read_at
    FROM given ORDER BY resource, ehr_id
    ON CONFLICT (org_id, resource, ehr_id) DO UPDATE SET
        patient_id = excluded.patient_id, status = excluded.status, class = excluded.class, at = excluded.at,
        until = excluded.until, recorded_at = excluded.recorded_at, value = excluded.value, unit = excluded.unit,
        disposition = excluded.disposition, within_ehr_id = excluded.within_ehr_id, ehr_version = excluded.ehr_version,
        ehr_updated_at = excluded.ehr_updated_at, read_at = excluded.read_at
    WHERE r.ehr_updated_at IS NULL OR excluded.ehr_updated_at IS NULL OR excluded.ehr_updated_at >= r.ehr_updated_at
    RETURNING id, resource, ehr_id
    """
)
_CODES = text(
    """
    WITH given AS (
        SELECT DISTINCT * FROM unnest(CAST(:ids AS uuid[]), CAST(:systems AS text[]), CAST(:codes AS text[])) AS t (id, system, code)
    ),
    gone AS (
        DELETE FROM clinical_codes c WHERE c.org_id = :org AND c.record_id = ANY(CAST(:written AS uuid[]))
        AND NOT EXISTS (SELECT 1 FROM given g WHERE g.id = c.record_id AND g.system = c.system AND g.code = c.code)
    )
    INSERT INTO clinical_codes (org_id, record_id, system, code) SELECT :org, id, system, code FROM given ON CONFLICT DO NOTHING
    """
)
_KNOWN = text(
    """
    SELECT r.resource, r.ehr_id, r.status FROM clinical_records r
    JOIN unnest(CAST(:resources AS text[]), CAST(:ehr_ids AS text[])) AS asked (resource, ehr_id)
        ON asked.resource = r.resource AND asked.ehr_id = r.ehr_id
    WHERE r.org_id = :org
    """
)
_COLUMNS = tuple(name for name in Line.__slots__ if name != "codes")


def states(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The status of these records (type, EHR id) as mirrored; what is not there is not mirrored yet."""
    asked = {"org": org_of(session), "resources": [one for one, _ in keys], "ehr_ids": [one for _, one in keys]}
    return {(row.resource, row.ehr_id): row.status for row in session.execute(_KNOWN, asked)}


def write(session: Session, lines: Sequence[Line]) -> set[tuple[str, str]]:
    """Insert or bring up to date; the keys of those written. An older version never undoes a newer one; each key once a call."""
    if not lines:
        return set()
    columns: Mapping[str, list[object]] = {name: [getattr(line, name) for line in lines] for name in _COLUMNS}
    rows = session.execute(_UPSERT, {"org": org_of(session), "read_at": clock.machine(), **columns}).all()
    written = {(row.resource, row.ehr_id): row.id for row in rows}
    coded = [
        (written[key], system, code)
        for line in lines
        if (key := (line.resource, line.ehr_id)) in written
        for system, code in line.codes
    ]
    session.execute(
        _CODES,
        {
            "org": org_of(session),
            "written": list(written.values()),
            "ids": [one for one, _, _ in coded],
            "systems": [one for _, one, _ in coded],
            "codes": [one for _, _, one in coded],
        },
    )
    return set(written)
