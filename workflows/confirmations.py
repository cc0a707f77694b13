"""A patient said that they come: promised to the EHR, and what is done when the EHR does not take it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, outbox
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Enrollment, Patient
from workflows import cases


def promise(session: Session, enrollment: Enrollment) -> None:
    """Have the visit accepted in the EHR in the patient's name."""
    if enrollment.appointment_id is not None:
        outbox.put(session, Topic.EHR_CONFIRM, show("enr", enrollment.id), lane=Lane.ACTIONS)


def visit_of(session: Session, enrollment_id: UUID) -> tuple[str, str] | None:
    """The EHR's ids of the visit that was confirmed and of its patient; None when there is none."""
    found = session.execute(
        select(Appointment.ehr_id, Patient.ehr_id)
        .join(Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id))
        .join(Patient, (Patient.org_id == Appointment.org_id) & (Patient.id == Appointment.patient_id))
        .where(Appointment.org_id == org_of(session), Enrollment.id == enrollment_id)
    ).first()
    return (found[0], found[1]) if found else None


def written(session: Session, enrollment_id: UUID, visit: str) -> None:
    """The EHR shows that the patient comes, and was read back."""
    ledger.write(session, [ledger.Line("written", "ehr.confirmed", enrollment_id, detail={"appointment": visit})])
    subject = ("enrollment", show("enr", enrollment_id))
    audit.record(session, "appointment.confirmed", actor="patient", subject=subject, appointment=visit)


def not_written(session: Session, enrollment_id: UUID, *, reason: str, by_hand: bool) -> None:
    """The EHR does not show it. `by_hand`: it refused this very record, so a person enters it.

    An EHR that takes no such write at all would make a case of every confirmation: there the ledger's line is all.
    """
    ledger.write(session, [ledger.Line("manual", f"ehr.{reason}", enrollment_id)])
    if not by_hand:
        return
    row = session.scalars(
        select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id)
    ).one()
    cases.open_one(
        session,
        cases.Opening(
            kind="ehr_manual", team="front_office", reason="confirmed", due="1 business day",
            dedupe_key=f"enr:{row.id}:confirm", patient_id=row.patient_id, number_id=row.number_id, enrollment_id=row.id,
        ),
    )  # fmt: skip
