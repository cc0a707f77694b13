"""Whom a source means (S91): by the EHR's id, by medical record number, or by the source's own id once it named a chart with it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import visits
from storage.db import org_of, vault
from storage.tables import Patient, PatientAlias

CERTAIN = 1.0
SPLIT = 0.0  # the ids given name different charts


@dataclass(frozen=True, slots=True)
class Reference:
    """What the source said; at least one is given. `confidence` is its own, 0 to 1."""

    ehr_id: str | None = None
    mrn: str | None = field(default=None, repr=False)
    external_id: str | None = field(default=None, repr=False)
    confidence: float = CERTAIN


def find(session: Session, source: str, said: Reference) -> tuple[UUID | None, float]:
    """The patient, and how sure we are; (None, 0) for nobody. Ids that name different charts leave nothing to be sure of."""
    found = [
        one for one in (_by_ehr_id(session, said), *_by_mrn(session, said), _by_alias(session, source, said)) if one
    ]
    if not found:
        return None, SPLIT
    sure = said.confidence if len(set(found)) == 1 else SPLIT
    if said.external_id and sure == CERTAIN:
        _remember(session, source, said.external_id, found[0])
    return found[0], sure


def _by_ehr_id(session: Session, said: Reference) -> UUID | None:
    row = visits.patient(session, said.ehr_id) if said.ehr_id else None
    return row.id if row is not None else None


def _by_mrn(session: Session, said: Reference) -> list[UUID]:
    if not said.mrn:
        return []
    hashes = vault(session).lookups("mrn", said.mrn)
    found = select(Patient.id).where(Patient.org_id == org_of(session), Patient.mrn_hash.in_(hashes))
    return list(session.scalars(found.order_by(Patient.id)))


def _by_alias(session: Session, source: str, said: Reference) -> UUID | None:
    if not said.external_id:
        return None
    hashes = vault(session).lookups(f"alias.{source}", said.external_id)
    return session.scalar(
        select(PatientAlias.patient_id).where(
            PatientAlias.org_id == org_of(session),
            PatientAlias.source == source,
            PatientAlias.alias_hash.in_(hashes),
        )
    )


def _remember(session: Session, source: str, external_id: str, patient_id: UUID) -> None:
    hashed = vault(session).lookup(f"alias.{source}", external_id)
    row = insert(PatientAlias).values(org_id=org_of(session), source=source, alias_hash=hashed, patient_id=patient_id)
    session.execute(row.on_conflict_do_nothing(index_elements=["org_id", "source", "alias_hash"]))
