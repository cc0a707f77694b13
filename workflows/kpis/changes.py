"""Whose facts may have changed since the last refresh: known for certain from the rows themselves, without a clock.

Every row carries the number of the transaction that wrote it (`xmin`). A refresh remembers the oldest transaction that was still under
way when it began: what that one or a later one wrote, it may not have seen, and all else it has. So nothing is missed however late a
callback comes or a correction is made, and a row that was seen already costs only a second look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of

NEW = "age({row}.xmin) <= age(CAST(:since AS xid))"
SOURCES = """
    SELECT e.patient_id FROM enrollments e WHERE e.org_id = :org AND {new:e}
    UNION SELECT k.patient_id FROM enrollments e JOIN kpi_enrollments k ON k.org_id = :org AND k.enrollment_id = e.id
        WHERE e.org_id = :org AND {new:e}
    UNION SELECT d.patient_id FROM enrollments e JOIN enrollments d ON d.org_id = :org AND d.appointment_id = e.appointment_id
        WHERE e.org_id = :org AND {new:e}
    UNION SELECT p.id FROM patients p WHERE p.org_id = :org AND {new:p}
    UNION SELECT a.patient_id FROM appointments a WHERE a.org_id = :org AND {new:a}
    UNION SELECT v.patient_id FROM appointments a JOIN kpi_visits v ON v.org_id = :org AND v.appointment_id = a.id
        WHERE a.org_id = :org AND {new:a}
    UNION SELECT a.patient_id FROM trigger_events t JOIN appointments a ON a.org_id = :org AND a.id = t.appointment_id
        WHERE t.org_id = :org AND {new:t}
    UNION SELECT e.patient_id FROM messages m JOIN enrollments e ON e.org_id = :org AND e.id = m.enrollment_id
        WHERE m.org_id = :org AND {new:m}
    UNION SELECT e.patient_id FROM readings r JOIN messages m ON m.org_id = :org AND m.id = r.message_id
        JOIN enrollments e ON e.org_id = :org AND e.id = m.enrollment_id WHERE r.org_id = :org AND {new:r}
    UNION SELECT e.patient_id FROM cases c JOIN enrollments e ON e.org_id = :org AND e.id = c.enrollment_id
        WHERE c.org_id = :org AND {new:c}
    UNION SELECT e.patient_id FROM case_events v JOIN cases c ON c.org_id = :org AND c.id = v.case_id
        JOIN enrollments e ON e.org_id = :org AND e.id = c.enrollment_id
        WHERE v.org_id = :org AND v.what = 'call_logged' AND {new:v}
    UNION SELECT e.patient_id FROM contact_attempts t JOIN contact_clocks k ON k.org_id = :org AND k.id = t.clock_id
        JOIN enrollments e ON e.org_id = :org AND e.id = k.enrollment_id WHERE t.org_id = :org AND {new:t}
    UNION SELECT e.patient_id FROM form_answers f JOIN enrollments e ON e.org_id = :org AND e.id = f.enrollment_id
        WHERE f.org_id = :org AND {new:f}
    UNION SELECT e.patient_id FROM suppressions s JOIN messages m ON m.org_id = :org AND m.number_id = s.number_id
        JOIN enrollments e ON e.org_id = :org AND e.id = m.enrollment_id
        WHERE s.org_id = :org AND {new:s}
    UNION SELECT e.patient_id FROM audit u JOIN enrollments e ON e.org_id = :org AND e.started_at >= u.at
        WHERE u.org_id = :org AND u.action LIKE 'routing.%' AND {new:u}
    UNION SELECT v.patient_id FROM disruptions d JOIN appointments a ON a.org_id = :org AND d.key IN (a.practitioner, a.location)
        JOIN kpi_visits v ON v.org_id = :org AND v.appointment_id = a.id WHERE d.org_id = :org AND {new:d}
"""


def _with_marks(sql: str) -> str:
    for row in "epatmrcvfsdu":
        sql = sql.replace(f"{{new:{row}}}", NEW.format(row=row))
    return sql


PATIENTS = text(
    f"""
    WITH changed AS ({_with_marks(SOURCES)})
    SELECT patient_id FROM changed
    UNION SELECT a.patient_id FROM changed JOIN enrollments e ON e.org_id = :org AND e.patient_id = changed.patient_id
        JOIN appointments a ON a.org_id = :org AND a.id = e.appointment_id
    """  # noqa: S608 - constants
)
"""Also those to whose chart a visit of theirs belongs: two charts may be one person's."""

CASES = text(
    _with_marks(
        """
        SELECT c.id FROM cases c WHERE c.org_id = :org AND ({new:c} OR c.enrollment_id = ANY(CAST(:runs AS uuid[])))
        UNION SELECT v.case_id FROM case_events v WHERE v.org_id = :org AND {new:v}
        """
    )
)

HERE = text(
    """
    SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS seen,
        (SELECT system_identifier FROM pg_control_system()) AS cluster,
        (SELECT coalesce(md5(string_agg(concat_ws(':', id, ehr_id, name), ',' ORDER BY id)), '') FROM sites WHERE org_id = :org) AS sites
    """
)


@dataclass(frozen=True, slots=True)
class Here:
    """Where the database stands: transactions below `seen` are over. `basis`: which server's numbers these are, and the sites' codes."""

    seen: int
    basis: str

    def since(self, seen: str) -> str | None:
        """That number as rows carry it; None where it is not of this server's past, or too old to tell."""
        age = self.seen - int(seen)
        return str(int(seen) % 2**32) if 0 <= age < 2**30 else None


def here(session: Session) -> Here:
    """Read it before anything else of a refresh is."""
    row = session.execute(HERE, {"org": org_of(session)}).one()
    return Here(int(row.seen), f"{row.cluster}:{row.sites}")


def patients(session: Session, since: str) -> list[UUID]:
    """Patients about whom anything that figures go by was written since."""
    found = session.scalars(PATIENTS, {"org": org_of(session), "since": since})
    return sorted({patient for patient in found if patient is not None})


def cases(session: Session, since: str, runs: Sequence[UUID]) -> list[UUID]:
    """Cases that were written since, or something of their story was, and those of these runs."""
    return list(session.scalars(CASES, {"org": org_of(session), "since": since, "runs": literal(runs)}))
