"""What a reply says that ends all automation for a patient: a death, or legal words. Nothing is texted; a person decides what follows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import show
from storage import audit, ledger, messages, numbers, outbox
from storage.db import org_of
from storage.outbox import Topic
from storage.tables import Case, Enrollment, Message, Patient
from workflows import cases, enrollments, on_call, paging

DECEASED, LEGAL = "deceased", "legal_threat"
SAID = "deceased_said"  # why the programs of others at the number stand still
KINDS = frozenset({DECEASED, LEGAL})
LIFTING = frozenset({"alive", "texts_on"})  # closings after which texts may go on


def deceased(session: Session, message: Message) -> None:
    """A family tells of a death: silence to the whole number, the patient's programs end, the household's stand still."""
    _quiet(session, message, rule=DECEASED)
    if message.patient_id is not None:
        enrollments.interrupt(session, enrollments.live_of(session, patient_id=message.patient_id), DECEASED)
    enrollments.interrupt(session, enrollments.live_of(session, number_id=message.number_id), SAID)
    _open(session, message, kind=DECEASED, due="2 business hours")


def legal(session: Session, message: Message) -> None:
    """Somebody speaks of lawyers or authorities: automation is off for the patient, and the managers are told."""
    _quiet(session, message, rule=LEGAL)
    for patient in _meant(session, message):
        enrollments.interrupt(session, enrollments.live_of(session, patient_id=patient.id), LEGAL)
    case = _open(session, message, kind=LEGAL, due="4 business hours")
    paging.tell(session, case, on_call.managers(session))


def settled(session: Session, case: Case, disposition: str) -> None:
    """A person closed such a case: texts go on where it was a mistake or is settled, and stay off otherwise."""
    lifted = disposition in LIFTING
    for patient in _patients(session, case.patient_id, case.number_id):
        if lifted:
            patient.do_not_contact = False
            audit.record(
                session, "patient.contact_allowed", actor="staff", subject=("patient", show("pat", patient.id))
            )
        elif disposition == DECEASED and patient.id == case.patient_id:
            enrollments.interrupt(session, enrollments.live_of(session, patient_id=patient.id), DECEASED)
        elif case.patient_id is None and case.kind == DECEASED:
            patient.do_not_contact = False  # whoever died, the chart says so now; the others hear from us again
    session.flush()
    if case.kind == DECEASED and case.number_id is not None:
        still = select(Enrollment.id).where(
            Enrollment.org_id == org_of(session), Enrollment.number_id == case.number_id, Enrollment.paused_for == SAID
        )
        for enrollment_id in list(session.scalars(still.order_by(Enrollment.id))):
            enrollments.resume(session, enrollment_id)


def _quiet(session: Session, message: Message, *, rule: str) -> None:
    """What is planned for the number never leaves, and nothing new may: only a person takes that back."""
    gone = messages.cancel_planned(session, number_id=message.number_id, rule=rule)
    outbox.cancel(session, Topic.TEXT_SEND, [str(m) for m in gone])
    for patient in _meant(session, message):
        patient.do_not_contact = True
        audit.record(
            session, "patient.contact_stopped", actor="patient", subject=("patient", show("pat", patient.id)), rule=rule
        )
    session.flush()
    line = ledger.Line("stopped", f"patient.{rule}", message.enrollment_id, message.id, None, message.number_id)
    ledger.write(session, [line])


def _meant(session: Session, message: Message) -> Sequence[Patient]:
    return _patients(session, message.patient_id, message.number_id)


def _patients(session: Session, patient_id: UUID | None, number_id: UUID | None) -> Sequence[Patient]:
    """The patient; where nobody can say which one of a household, all of it."""
    if patient_id is None:
        return numbers.patients_of(session, number_id) if number_id else []
    return list(session.scalars(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id)))


def _open(session: Session, message: Message, *, kind: str, due: str) -> Case:
    return cases.open_one(
        session,
        cases.Opening(
            kind=kind, team="front_office", reason=kind, due=due, priority="high",
            dedupe_key=f"msg:{message.id}:{kind}", patient_id=message.patient_id, number_id=message.number_id,
            message_id=message.id,
        ),
    )  # fmt: skip
