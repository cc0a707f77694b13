"""Who a cohort's run selected, as counts that modelled patients are drawn from. Numbers and ZIPs are opened for this alone and not kept."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of, vault
from storage.tables import CohortMember, CohortRun, Patient, PatientNumber, PhoneNumber
from workflows import surroundings
from workflows.cohorts import evaluation
from workflows.simulation.behaviour import Behaviour, Place

READ = 5_000  # rows opened at a time: memory stays flat


@dataclass(frozen=True, slots=True)
class Mix:
    """`places` by weight, of those who have a US number; `no_number` is the share of those who have none to text."""

    cohort: str
    evaluated_at: datetime
    patients: int
    languages: dict[str, int]
    places: tuple[Place, ...]
    no_number: float
    zone: str

    def model(self, usual: Behaviour) -> Behaviour:
        """The same behaviour among these people."""
        changed = {"languages": self.languages, "places": self.places or usual.places, "no_number": self.no_number}
        return usual.model_copy(update=changed)

    def line(self) -> dict[str, Any]:
        """Counts for JSON; where people live only as how many places there are."""
        told = asdict(self) | {"evaluated_at": self.evaluated_at.isoformat(), "places": len(self.places)}
        return told | {"no_number": round(self.no_number, 3)}


def of_cohort(session: Session, code: str) -> Mix:
    """The people of a cohort's last run, evaluated now where there was none. Refused when nobody is in it."""
    cohort = evaluation.by_code(session, code)
    run = _run(session, cohort.id)
    languages, places = _counted(session, run.id)
    patients = languages.total()
    if not patients:
        raise Refused(f"Nobody is in cohort '{code}': there is nobody to simulate.")
    return Mix(
        cohort=code,
        evaluated_at=run.evaluated_at,
        patients=patients,
        languages=dict(languages.most_common()),
        places=tuple(place.model_copy(update={"weight": n}) for place, n in places.most_common()),
        no_number=1 - places.total() / patients,
        zone=surroundings.organisation_of(session).zone,
    )


def _run(session: Session, cohort_id: UUID) -> CohortRun:
    runs = select(CohortRun).where(CohortRun.org_id == org_of(session), CohortRun.cohort_id == cohort_id)
    last = runs.order_by(CohortRun.evaluated_at.desc(), CohortRun.id.desc()).limit(1)
    found = session.scalar(last)
    if found is None:
        evaluation.evaluate(session, cohort_id)
        found = session.scalars(last).one()
    return found


def _counted(session: Session, run_id: UUID) -> tuple[Counter[str], Counter[Place]]:
    keys, org = vault(session), org_of(session)
    number = (
        select(PatientNumber.number_id)
        .join(PhoneNumber, and_(PhoneNumber.org_id == PatientNumber.org_id, PhoneNumber.id == PatientNumber.number_id))
        .where(PatientNumber.org_id == org, PatientNumber.patient_id == Patient.id, PhoneNumber.textable != "no")
        .order_by(PatientNumber.rank, PatientNumber.number_id)
        .limit(1)
        .scalar_subquery()
    )
    language = func.lower(func.split_part(func.replace(Patient.language, "_", "-"), "-", 1))
    rows = (
        select(Patient.id, Patient.zip, Patient.state, Patient.stated_zone, language, PhoneNumber.id, PhoneNumber.e164)
        .join(CohortMember, and_(CohortMember.org_id == Patient.org_id, CohortMember.patient_id == Patient.id))
        .outerjoin(PhoneNumber, and_(PhoneNumber.org_id == org, PhoneNumber.id == number))
        .where(Patient.org_id == org, CohortMember.run_id == run_id, CohortMember.verdict == "in")
    )
    languages: Counter[str] = Counter()
    places: Counter[Place] = Counter()
    for patient, code, state, zone, spoken, number_id, e164 in session.execute(rows.execution_options(yield_per=READ)):
        languages[spoken] += 1
        found = re.match(r"\+1([2-9]\d\d)", keys.open(e164, "phone_numbers.e164", number_id)) if e164 else None
        if found:
            zip_ = keys.open(code, "patients.zip", patient)[:5] if code else ""
            places[Place(zip=zip_, area=found[1], state=state, zone=zone)] += 1
    return languages, places
