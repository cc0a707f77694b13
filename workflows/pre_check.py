"""Before first contact (S89): is what the text will lean on there? What is missing becomes a person's, never a blind text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from storage import numbers
from storage.db import now, org_of
from storage.tables import Appointment, ClinicalCode, ClinicalRecord, Patient, PhoneNumber
from workflows.programs.model import Program

ON_FILE = "on_file"
INSTRUCTIONS = (
    ("http://loinc.org", "8653-8"),
    ("http://loinc.org", "69730-0"),
)  # hospital discharge instructions; instructions
CURRENT = timedelta(days=30)
WORDS = {
    "schedule": "no follow-up visit is booked",
    "instructions": "no care instructions are on file",
    "provider": "no responsible provider is on file",
    "preference": "no way to reach the patient in their language is on file",
    "consent": "no consent to texts is on file",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is on file of one patient. `context` is the trigger's, whose source may vouch for a record that is not mirrored."""

    coming: Appointment | None
    visit: Appointment | None
    patient: Patient
    number: PhoneNumber | None
    consented: bool
    instructed: bool
    program: Program
    context: Mapping[str, object] = field(default_factory=dict)

    def vouched(self, what: str) -> bool:
        """The source said that it is on file."""
        return self.context.get(what) == ON_FILE


def missing(session: Session, program: Program, *, patient_id: UUID, number: PhoneNumber | None, visit_id: UUID | None,
            context: Mapping[str, object]) -> list[str]:  # fmt: skip
    """Which of the program's checks fail, in the program's order; empty when it may begin."""
    if not program.pre_check:
        return []
    org = org_of(session)
    patient = session.scalars(select(Patient).where(Patient.org_id == org, Patient.id == patient_id)).one()
    coming = (
        select(Appointment)
        .where(
            Appointment.org_id == org,
            Appointment.patient_id == patient_id,
            Appointment.status == "booked",
            Appointment.start_at > now(session),
        )
        .order_by(Appointment.start_at)
        .limit(1)
    )
    visit = select(Appointment).where(Appointment.org_id == org, Appointment.id == visit_id)
    known = Known(
        coming=session.scalar(coming),
        visit=session.scalar(visit) if visit_id else None,
        patient=patient,
        number=number,
        consented=number is not None and bool(numbers.consented(session, [number.id])),
        instructed="instructions" in program.pre_check and _instructed(session, patient_id),
        program=program,
        context=context,
    )
    return fails(program.pre_check, known)


def fails(checks: list[str] | tuple[str, ...], known: Known) -> list[str]:
    """The checks that do not hold for what is known."""
    return [check for check in checks if not CHECKS[check](known)]


def words(codes: str) -> str:
    """What staff read for "schedule.instructions"."""
    return "; ".join(WORDS.get(code, code) for code in codes.split("."))


def _instructed(session: Session, patient_id: UUID) -> bool:
    """A record of instructions given in the last month is mirrored; what they say is not."""
    found = (
        select(ClinicalRecord.id)
        .join(
            ClinicalCode, (ClinicalCode.org_id == ClinicalRecord.org_id) & (ClinicalCode.record_id == ClinicalRecord.id)
        )
        .where(
            ClinicalRecord.org_id == org_of(session),
            ClinicalRecord.patient_id == patient_id,
            ClinicalRecord.resource == "Observation",
            ClinicalRecord.status != "entered-in-error",
            ClinicalRecord.at >= now(session) - CURRENT,
            tuple_(ClinicalCode.system, ClinicalCode.code).in_(INSTRUCTIONS),
        )
        .limit(1)
    )
    return session.scalar(found) is not None


def _schedule(known: Known) -> bool:
    return known.coming is not None or known.vouched("schedule")


def _instructions(known: Known) -> bool:
    return known.instructed or known.vouched("instructions")


def _provider(known: Known) -> bool:
    visits = (known.visit, known.coming)
    return any(visit is not None and visit.practitioner for visit in visits) or known.vouched("provider")


def _preference(known: Known) -> bool:
    """A number that takes texts, and every text of the program in the patient's language."""
    if known.number is None or known.number.textable == "no":
        return False
    return all(known.patient.language in variants for variants in known.program.texts.values())


def _consent(known: Known) -> bool:
    return known.consented


CHECKS: dict[str, Callable[[Known], bool]] = {
    "schedule": _schedule,
    "instructions": _instructions,
    "provider": _provider,
    "preference": _preference,
    "consent": _consent,
}
