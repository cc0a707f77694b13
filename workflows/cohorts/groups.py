"""A FHIR Group as a list: actual members only, known patients only; what the Group's characteristics say is not evaluated here."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import Cohort, Patient
from workflows.cohorts.matching import SURE
from workflows.cohorts.uploads import put_entries


@dataclass(frozen=True, slots=True)
class Group:
    """`code` names the cohort here; `members` are the EHR's patient ids."""

    code: str
    title: str
    members: Sequence[str]


def from_group(session: Session, group: Group, *, actor: str) -> tuple[UUID, int]:
    """Keep a Group as a cohort, or bring it up to what the EHR says now; (cohort, members whom the mirror does not know).

    Raises Refused when none of them is known, or the name is a rule's.
    """
    found = select(Patient.ehr_id, Patient.id).where(
        Patient.org_id == org_of(session), Patient.ehr_id.in_(set(group.members))
    )
    known = {row.ehr_id: row.id for row in session.execute(found)}
    if not known:
        raise Refused("None of the group's patients is known here. Import them first. Nothing was changed.")
    values = {"title": group.title, "made_at": now(session), "made_by": actor}
    made = insert(Cohort).values(org_id=org_of(session), code=group.code, kind="group", **values)
    kept = made.on_conflict_do_update(
        index_elements=["org_id", "code"], set_=values, where=Cohort.kind == "group"
    ).returning(Cohort.id)
    cohort_id = session.scalar(kept)
    if cohort_id is None:
        raise Refused(f"'{group.code}' is the name of another cohort here. Nothing was changed.")
    put_entries(session, cohort_id, [(patient, SURE, None) for patient in known.values()])
    audit.record(session, "cohort.group", actor=actor, subject=("cohort", group.code), count=len(known))
    return cohort_id, len(set(group.members)) - len(known)
