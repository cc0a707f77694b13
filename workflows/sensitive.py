"""What 42 CFR Part 2 and like rules protect (P7): by the patient's tag or the program's class; who is the sender, what may be written."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Case, Enrollment, Patient
from workflows import publishing, sending_rules, surroundings
from workflows.programs.model import Program

NOTICE = "42 CFR part 2 prohibits unauthorized disclosure of these records."


def concerns(patient: Patient | None, program: Program | None) -> bool:
    """Whether a text or case is about something protected."""
    return bool((patient and patient.sensitive) or (program and program.sensitive))


def of_case(session: Session, case: Case) -> tuple[Patient | None, bool]:
    """The patient of a case, and whether it is about something protected."""
    patient = session.get(Patient, (org_of(session), case.patient_id)) if case.patient_id else None
    version = session.scalar(
        select(Enrollment.version_id).where(Enrollment.org_id == case.org_id, Enrollment.id == case.enrollment_id)
    )
    program = publishing.snapshots(session, {version})[version] if version else None
    return patient, concerns(patient, program)


def of_patient(session: Session, patient: Patient) -> bool:
    """Whether a patient's history would tell of something protected: by the tag, or by a program that has not ended."""
    if patient.sensitive:
        return True
    running = select(Enrollment.version_id).where(
        Enrollment.org_id == org_of(session), Enrollment.patient_id == patient.id, Enrollment.state != "ended"
    )
    programs = publishing.snapshots(session, set(session.scalars(running)))
    return any(concerns(patient, program) for program in programs.values())


def sender(session: Session, patient: Patient | None, program: Program | None = None) -> str:
    """The name that stands first in a text: the brand, or the organisation's neutral one where the brand would tell."""
    neutral = sending_rules.of(session).neutral_sender
    return neutral if neutral and concerns(patient, program) else surroundings.organisation_of(session).brand


def may_be_written(session: Session, case: Case) -> tuple[bool, str | None]:
    """Whether a case may be written to the EHR, and the notice that has to go with it; a refusal is in the ledger."""
    patient, protected = of_case(session, case)
    if not protected:
        return True, None
    if patient is not None and patient.disclosure_consent_at is not None:
        return True, NOTICE
    line = ledger.Line("held", "privacy.part2", case.enrollment_id, None, case.id, detail={"what": "ehr.task"})
    ledger.write(session, [line])
    return False, None


def allow_writing(session: Session, case: Case, *, by: str) -> None:
    """The patient agreed that this may stand in the EHR; the case is written now."""
    patient, _ = of_case(session, case)
    if patient is None or patient.disclosure_consent_at is not None:
        return
    patient.disclosure_consent_at = now(session)
    session.flush()
    audit.record(session, "disclosure.consented", actor=by, subject=("patient", show("pat", patient.id)))
    outbox.put(session, Topic.EHR_TASK, case.id, lane=Lane.ACTIONS)
