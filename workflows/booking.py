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
from storage.visits import Holder
from workflows import answers, case_verbs, cases, enrollments, safety, segments, sensitive, surroundings, texts, windows
from workflows.effects import Event, EventKind
from workflows.staff import Who

BOOKABLE = case_verbs.BOOKED


@dataclass(frozen=True, slots=True)
class Plan:
    """What the EHR is to be asked: everything the vendor call needs, and nothing of the patient but the EHR's id."""

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
    slot = visits.hold(session, slot_id, holder=Holder("case", case.id))
    if slot is None:
        raise Refused("That time was just taken. Nothing was booked. Pick another.")
    moved = cases.change(
        session,
        case,
        "booking",
        only_if=[Case.state == "claimed", cases.same_owner(case)],
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


def known(session: Session, holder: Holder | None) -> Holder | None:
    """The same, if there is such a case or enrollment in this organisation: an identifier may say anything."""
    if holder is None:
        return None
    table = Case if holder.kind == "case" else Enrollment
    found = session.scalar(select(table.id).where(table.org_id == org_of(session), table.id == holder.id))
    return holder if found else None


def plan(session: Session, holder: Holder) -> Plan | None:
    """What to ask the EHR for what is being booked; None when it no longer is."""
    patient_id, slot, enrollment_id = _asked(session, holder)
    if patient_id is None or slot is None:
        return None
    patient = session.scalars(select(Patient).where(Patient.org_id == org_of(session), Patient.id == patient_id)).one()
    old = _old_visit(session, enrollment_id)
    return Plan(
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


def booked(session: Session, holder: Holder, *, appointment: Appointment, actor: str) -> None:
    """The EHR has it and was read back: close the case, move the program, promise the confirmation. Settling twice changes nothing."""
    if holder.kind == "case":
        _booked_for_case(session, holder, appointment=appointment, actor=actor)
    elif visits.held(session, holder) is not None:
        _booked_alone(session, holder, appointment)


def failed(session: Session, holder: Holder, *, reason: str, manual: bool) -> Case | None:
    """The EHR did not take it, and the hold ends. `manual`: it refuses for good, so a person books there.

    A case goes back to its owner and is returned. A patient who picked alone is offered other times by the program; when the
    EHR refuses for good a person takes over.
    """
    if holder.kind == "enrollment":
        _failed_alone(session, holder, reason=reason, manual=manual)
        return None
    case = cases.get(session, holder.id)
    if case.state != "booking":
        return None
    visits.let_go(session, holder=holder)
    moved = cases.change(
        session, case, "booking_failed", only_if=[Case.state == "booking"], actor="ehr",
        state="claimed", booking_slot_id=None, booked_for=None, writeback="manual" if manual else "pending",
    )  # fmt: skip
    verdict = "manual" if manual else "refused"
    ledger.write(session, [ledger.Line(verdict, f"ehr.{reason}", case.enrollment_id, None, case.id)])
    return moved


def _asked(session: Session, holder: Holder) -> tuple[UUID | None, Slot | None, UUID | None]:
    """(patient, slot, enrollment) of what is being booked now."""
    if holder.kind == "case":
        case = cases.get(session, holder.id)
        if case.state != "booking" or case.booking_slot_id is None:
            return None, None, None
        return case.patient_id, visits.slot(session, case.booking_slot_id), case.enrollment_id
    row = _enrollment(session, holder.id)
    return row.patient_id, visits.held(session, holder), row.id


def _booked_for_case(session: Session, holder: Holder, *, appointment: Appointment, actor: str) -> None:
    case = cases.get(session, holder.id)
    if case.state == "closed":
        return
    owner = case.owner_id
    visits.use_up(session, holder=holder)
    closed = cases.close(
        session, case, disposition="booked", actor=actor, staff_id=owner, booked_for=appointment.start_at
    )
    appointment.booked_by_case = case.id
    _note(session, appointment, actor=actor, enrollment_id=closed.enrollment_id, case=closed)
    if closed.enrollment_id is not None:
        enrollments.hear(session, closed.enrollment_id, Event(EventKind.CASE, name="booked"))
    if closed.kind in cases.CLINICAL_KINDS:
        safety.settled(session, closed, "visit_arranged")
    if closed.enrollment_id is not None:
        _enrollment(session, closed.enrollment_id).booked_appointment_id = appointment.id
        session.flush()
    _confirm(session, closed, appointment)


def _booked_alone(session: Session, holder: Holder, appointment: Appointment) -> None:
    visits.use_up(session, holder=holder)
    appointment.booked_by_enrollment = holder.id
    _note(session, appointment, actor="patient", enrollment_id=holder.id, case=None)
    enrollments.hear(session, holder.id, Event(EventKind.BOOKED))
    row = _enrollment(session, holder.id)
    row.booked_appointment_id = appointment.id
    session.flush()
    _confirm(session, row, appointment)


def _failed_alone(session: Session, holder: Holder, *, reason: str, manual: bool) -> None:
    slot = visits.held(session, holder)
    if slot is None:
        return
    visits.let_go(session, holder=holder)
    row = _enrollment(session, holder.id)
    verdict = "manual" if manual else "refused"
    ledger.write(session, [ledger.Line(verdict, f"ehr.{reason}", row.id, number=row.number_id)])
    if not manual:
        enrollments.hear(session, row.id, Event(EventKind.SLOT_TAKEN))
        return
    zone = surroundings.organisation_of(session).zone
    cases.open_one(
        session,
        cases.Opening(
            kind="reschedule", team="patient_access", reason="ehr_refused", due="2 business hours", priority="high",
            dedupe_key=f"enr:{row.id}:{slot.id}:refused", step=row.step, patient_id=row.patient_id,
            number_id=row.number_id, enrollment_id=row.id, asked=texts.when_label(slot.start_at, zone, "en"),
            asked_start=slot.start_at, asked_end=slot.end_at,
        ),
    )  # fmt: skip


def _note(
    session: Session, appointment: Appointment, *, actor: str, enrollment_id: UUID | None, case: Case | None
) -> None:
    detail = {"appointment": appointment.ehr_id}
    ledger.write(
        session, [ledger.Line("written", "ehr.booked", enrollment_id, None, case.id if case else None, detail=detail)]
    )
    about = (
        ("case", show("cas", case.id))
        if case
        else ("enrollment", show("enr", enrollment_id))
        if enrollment_id
        else ("", "")
    )
    audit.record(session, "appointment.booked", actor=actor, subject=about, appointment=appointment.ehr_id)


def _confirm(session: Session, asked: Case | Enrollment, appointment: Appointment) -> None:
    """One text with the new time, through the gate like any other."""
    if asked.number_id is None or appointment.start_at is None or asked.patient_id is None:
        return
    patient = session.scalars(
        select(Patient).where(Patient.org_id == org_of(session), Patient.id == asked.patient_id)
    ).one()
    organisation = surroundings.organisation_of(session)
    number = numbers.lock(session, asked.number_id)
    zone = windows.zones(surroundings.place(session, patient, number))[0]
    when = texts.when_label(appointment.start_at, zone, patient.language)
    body = texts.say(
        "booked", patient.language, clinic=sensitive.sender(session, patient), phone=organisation.phone, when=when
    )
    case = asked if isinstance(asked, Case) else None
    answers.send(
        session,
        messages.Draft(
            number_id=asked.number_id,
            body=body,
            purpose="booking",
            dedupe_key=f"booked:{asked.id}:{appointment.id}",
            patient_id=patient.id,
            conversation_id=messages.conversation(session, patient_id=patient.id, number_id=asked.number_id),
            enrollment_id=case.enrollment_id if case else asked.id,
            case_id=case.id if case else None,
            language=patient.language,
            segments=segments.count(body).segments,
            in_reply_to=case.message_id if case else messages.newest_inbound(session, asked.number_id),
        ),
    )


def _old_visit(session: Session, enrollment_id: UUID | None) -> Appointment | None:
    if enrollment_id is None:
        return None
    return session.scalar(
        select(Appointment)
        .join(Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id))
        .where(Appointment.org_id == org_of(session), Enrollment.id == enrollment_id)
    )


def _enrollment(session: Session, enrollment_id: UUID) -> Enrollment:
    return session.scalars(
        select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id)
    ).one()
