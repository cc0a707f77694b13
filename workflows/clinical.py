"""The clinical part of the chart, mirrored for cohorts, and what a stay's beginning and end mean for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import clinical, stays
from storage.db import org_of
from storage.tables import Patient
from workflows import patients
from workflows.ehr_facts import ClinicalFact


@dataclass(frozen=True, slots=True)
class Change:
    """A record that is new or newer than what was mirrored; `was` is its status before, None for a new one."""

    fact: ClinicalFact
    patient_id: UUID
    was: str | None


def mirror(session: Session, facts: Sequence[ClinicalFact]) -> list[Change]:
    """Write what the EHR says, some statements for all of it; those whose patient is not mirrored yet are left out."""
    known = _patients(session, {fact.patient_ehr_id for fact in facts})
    newest = {(fact.resource, fact.ehr_id): fact for fact in facts if fact.patient_ehr_id in known}
    before = clinical.states(session, list(newest))
    written = clinical.write(session, [_line(fact, known[fact.patient_ehr_id]) for fact in newest.values()])
    changes = [
        Change(newest[key], known[newest[key].patient_ehr_id], before.get(key)) for key in newest if key in written
    ]
    _stays(session, {change.patient_id for change in changes if change.fact.resource == "Encounter"})
    return changes


def _stays(session: Session, patient_ids: set[UUID]) -> None:
    """Whoever is in a hospital or a hospice now is not to be texted: programs that run hear of it at once (N17)."""
    if not patient_ids:
        return
    for moved in stays.look(session, patient_ids):
        if moved.came_in:
            patients.tell(session, moved.patient_id, "patient.admitted")
        if moved.to_hospice:
            patients.tell(session, moved.patient_id, "patient.hospice")


def _patients(session: Session, ehr_ids: set[str]) -> dict[str, UUID]:
    found = select(Patient.ehr_id, Patient.id).where(Patient.org_id == org_of(session), Patient.ehr_id.in_(ehr_ids))
    return {row.ehr_id: row.id for row in session.execute(found)}


def _line(fact: ClinicalFact, patient_id: UUID) -> clinical.Line:
    return clinical.Line(
        resource=fact.resource,
        ehr_id=fact.ehr_id,
        patient_id=patient_id,
        status=fact.status,
        codes=fact.codes,
        class_code=fact.class_code,
        at=fact.at,
        until=fact.until,
        recorded_at=fact.recorded_at,
        value=fact.value,
        unit=fact.unit,
        disposition=fact.disposition,
        within_ehr_id=fact.within_ehr_id,
        version=fact.version,
        updated_at=fact.updated_at,
    )
