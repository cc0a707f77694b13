"""Who lies in a hospital and who went to a hospice, worked out from the mirrored stays in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.db import now, org_of

INPATIENT = ("IMP", "ACUTE", "NONAC", "OBSENC")  # v3-ActCode: a night under the clinic's roof
STAYS = (*INPATIENT, "EMER", "SS")  # those that end with a discharge
HOSPICE = ("hosp", "50", "51")  # FHIR discharge-disposition; HL7 table 0112
_LOOK = text(
    """
    UPDATE patients p SET admitted = s.admitted, hospice = s.hospice
    FROM (
        SELECT r.patient_id,
            bool_or(r.class = ANY(:inpatient) AND r.status IN ('arrived', 'in-progress', 'onleave')
                    AND coalesce(r.until > :now, true)) AS admitted,
            coalesce((array_agg(coalesce(r.disposition = ANY(:hospice), false) ORDER BY r.until DESC)
                      FILTER (WHERE r.class = ANY(:stays) AND r.status = 'finished' AND r.until IS NOT NULL))[1], false) AS hospice
        FROM clinical_records r
        WHERE r.org_id = :org AND r.resource = 'Encounter' AND r.patient_id = ANY(CAST(:patients AS uuid[]))
        GROUP BY r.patient_id
    ) s
    WHERE p.org_id = :org AND p.id = s.patient_id AND (p.admitted, p.hospice) IS DISTINCT FROM (s.admitted, s.hospice)
    RETURNING p.id, new.admitted AND NOT old.admitted AS came_in, new.hospice AND NOT old.hospice AS to_hospice
    """
)


@dataclass(frozen=True, slots=True)
class Moved:
    """Whom this changed: `came_in` is admitted since, `to_hospice` went to a hospice."""

    patient_id: UUID
    came_in: bool
    to_hospice: bool


def look(session: Session, patients: Collection[UUID]) -> list[Moved]:
    """Bring `admitted` and `hospice` of these patients up to what their mirrored encounters say; those that changed."""
    asked = {
        "org": org_of(session),
        "now": now(session),
        "patients": list(patients),
        "inpatient": list(INPATIENT),
        "stays": list(STAYS),
        "hospice": list(HOSPICE),
    }
    return [Moved(row.id, row.came_in, row.to_hospice) for row in session.execute(_LOOK, asked)]
