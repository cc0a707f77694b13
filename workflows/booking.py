"""A new time for a patient: held here, booked in the EHR, told to the patient only after the EHR was read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger, messages, numbers, outbox, visits
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Case, Enrollment, Patient, Slot
from workflows import answers, cases, enrollments, segments, surroundings, texts, windows
from workflows.effects import Event, EventKind
from workflows.staff import Who

BOOKABLE = frozenset({"reschedule", "call_task", "call_back", "clinical", "opt_out_check", "review", "admin"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What the EHR is to be asked: everything the vendor call needs, and nothing of the patient but the EHR's id."""

    case_id: UUID
    patient_ehr_id: str
    slot_ehr_id: str
    slot_version: str | None
    start: datetime
    end: datetime
    practitioner: str | None
    location: str | None
    kind: str | None
    old_appointment: str | None


def choices(session: Session, case_id: UUID, *, by: Who) -> tuple[Case, Sequence[Slot]]:
    """The case and up to eight free slots near what was asked, from the mirror: no call to the EHR inside the click."""
    case = cases.owned(session, case_id, by=by)
    if case.kind not in BOOKABLE or case.patient_id is None:
        raise Refused(f"Case {case.number} has no patient to book for. Open it to see what is known.")
    if case.state == "booking":
        raise Refused(f"Case {case.number} is being booked right now. Wait for the answer from the EHR.")
    return case, visits.free_slots(session, near=case.asked_start, until=case.asked_end)


def choose(session: Session, case_id: UUID, slot_id: UUID, *, by: Who) -> Case:
    """Hold the slot, mark the case as being booked and promise the EHR write. Refused when the slot is gone; nothing is booked then."""
    case, _ = choices(session, case_id, by=by)
    slot = visits.hold(session, slot_id, case_id=case.id)
    if slot is None:
        raise Refused("That time was just taken. Nothing was booked. Pick another.")
    moved = cases.change(
        session,
        case,
        "booking",
        only_if=[Case.state == "claimed"],
        actor=by.actor,
        staff_id=by.id,
        state="booking",
        booking_slot_id=slot.id,
        booked_for=slot.start_at,
    )
    if moved is None:
        raise Refused(f"Case {case.number} changed meanwhile. Nothing was booked.")
    outbox.put(session, Topic.EHR_BOOK, case.id, lane=Lane.ACTIONS, by=str(by.id))
    return moved


def plan(session: Session, case_id: UUID) -> Plan | None:
    """What to ask the EHR for a case that is being booked; None when it no longer is."""
    case = cases.get(session, case_id)
    if case.state != "booking" or case.booking_slot_id is None or case.patient_id is None:
        return None
    slot = visits.slot(session, case.booking_slot_id)
    patient = session.scalars(
        select(Patient).where(Patient.org_id == org_of(session), Patient.id == case.patient_id)
    ).one()
    old = _old_visit(session, case)
    if slot is None:
        return None
    return Plan(
        case_id=case.id,
        patient_ehr_id=patient.ehr_id,
        slot_ehr_id=slot.ehr_id,
        slot_version=slot.ehr_version,
        start=slot.start_at,
        end=slot.end_at,
        practitioner=slot.practitioner or (old.practitioner if old else None),
        location=old.location if old else None,
        kind=old.kind if old else None,
        old_appointment=old.ehr_id if old else None,
    )


def booked(session: Session, case_id: UUID, *, appointment: Appointment, actor: str) -> None:
    """The EHR has it and was read back: close the case, end the program, promise the confirmation. Settling twice changes nothing."""
    case = cases.get(session, case_id)
    if case.state == "closed":
        return
    owner = case.owner_id
    visits.use_up(session, case_id=case.id)
    closed = cases.close(
        session, case, disposition="booked", actor=actor, staff_id=owner, booked_for=appointment.start_at
    )
    appointment.booked_by_case = case.id
    line = ledger.Line(
        "written", "ehr.booked", closed.enrollment_id, None, closed.id, detail={"appointment": appointment.ehr_id}
    )
    ledger.write(session, [line])
    audit.record(
        session,
        "appointment.booked",
        actor=actor,
        subject=("case", show("cas", case.id)),
        appointment=appointment.ehr_id,
    )
    if closed.enrollment_id is not None:
        enrollments.hear(session, closed.enrollment_id, Event(EventKind.CASE, name="booked"))
        row = session.scalars(
            select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == closed.enrollment_id)
        ).one()
        row.booked_appointment_id = appointment.id
        session.flush()
    _confirm(session, closed, appointment)


def failed(session: Session, case_id: UUID, *, reason: str, manual: bool) -> Case | None:
    """The EHR did not take it: back to the owner, the hold ends. `manual`: the EHR refuses for good, a person books there."""
    case = cases.get(session, case_id)
    if case.state != "booking":
        return None
    visits.let_go(session, case_id=case.id)
    moved = cases.change(
        session, case, "booking_failed", only_if=[Case.state == "booking"], actor="ehr",
        state="claimed", booking_slot_id=None, booked_for=None, writeback="manual" if manual else "pending",
    )  # fmt: skip
    verdict = "manual" if manual else "refused"
    ledger.write(session, [ledger.Line(verdict, f"ehr.{reason}", case.enrollment_id, None, case.id)])
    return moved


def _confirm(session: Session, case: Case, appointment: Appointment) -> None:
    """One text with the new time, through the gate like any other."""
    if case.number_id is None or appointment.start_at is None or case.patient_id is None:
        return
    patient = session.scalars(
        select(Patient).where(Patient.org_id == org_of(session), Patient.id == case.patient_id)
    ).one()
    organisation = surroundings.organisation_of(session)
    number = numbers.lock(session, case.number_id)
    zone = windows.zones(surroundings.place(session, patient, number))[0]
    when = texts.when_label(appointment.start_at, zone, patient.language)
    body = texts.say("booked", patient.language, clinic=organisation.brand, phone=organisation.phone, when=when)
    answers.send(
        session,
        messages.Draft(
            number_id=case.number_id,
            body=body,
            purpose="booking",
            dedupe_key=f"booked:{case.id}:{appointment.id}",
            patient_id=patient.id,
            conversation_id=messages.conversation(session, patient_id=patient.id, number_id=case.number_id),
            enrollment_id=case.enrollment_id,
            case_id=case.id,
            language=patient.language,
            segments=segments.count(body).segments,
            in_reply_to=case.message_id,
        ),
    )


def _old_visit(session: Session, case: Case) -> Appointment | None:
    if case.enrollment_id is None:
        return None
    return session.scalar(
        select(Appointment)
        .join(Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id))
        .where(Appointment.org_id == org_of(session), Enrollment.id == case.enrollment_id)
    )
