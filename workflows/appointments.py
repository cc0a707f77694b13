"""The EHR's visits, mirrored: each change is noticed once and starts, stops or completes programs in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from core.ids import show
from storage import audit, ledger, visits
from storage.db import now, org_of
from storage.tables import Appointment, Enrollment, Patient, Slot
from storage.visits import Holder
from workflows import disruptions, enrollments, triggers, waitlist
from workflows.effects import Event, EventKind
from workflows.ehr_facts import AppointmentFact, SlotFact

ATTENDED = frozenset({"arrived", "checked-in", "fulfilled"})
HERE = frozenset(
    {"arrived", "checked-in"}
)  # the visit counts as kept, but nobody is asked how it was before it is over
FINAL = frozenset({"noshow", "cancelled", "entered-in-error", "fulfilled"})
EVENTS = {
    "booked": "appointment.booked",
    "noshow": "appointment.noshow",
    "cancelled": "appointment.cancelled",
    "entered-in-error": "appointment.cancelled",
    "arrived": "appointment.fulfilled",
    "checked-in": "appointment.fulfilled",
    "fulfilled": "appointment.fulfilled",
}


def mirror(session: Session, fact: AppointmentFact, *, booked_by: Holder | None = None) -> Appointment | None:
    """Write what the EHR says of an appointment and act on what changed; None while its patient is not mirrored yet.

    An older version never undoes a newer one. `booked_by`: it carries our own booking's identifier, whose settling
    ends the program; then this only mirrors and starts the new visit's reminders.
    """
    patient = visits.patient(session, fact.patient_ehr_id)
    if patient is None:
        return None
    row, new = visits.first_seen(session, fact.ehr_id, patient_id=patient.id, status=fact.status)
    was, was_start = (None, None) if new else (row.status, row.start_at)
    if not new and _older(fact, row):
        row.ehr_read_at = clock.machine()
        return row
    row.patient_id, row.status, row.start_at, row.end_at = patient.id, fact.status, fact.start, fact.end
    row.kind, row.practitioner, row.location = fact.kind, fact.practitioner_ehr_id, fact.location_ehr_id
    row.slot_ehr_id = fact.slot_ehr_ids[0] if fact.slot_ehr_ids else row.slot_ehr_id
    row.ehr_version, row.ehr_updated_at, row.ehr_read_at = fact.version, fact.updated_at, clock.machine()
    if booked_by is not None and booked_by.kind == "case":
        row.booked_by_case = row.booked_by_case or booked_by.id
    elif booked_by is not None:
        row.booked_by_enrollment = row.booked_by_enrollment or booked_by.id
    session.flush()
    if waitlist.STATUS in (fact.status, was):
        waitlist.follow(session, row, fact)
    if fact.status != was:
        _changed(session, row, new=new)
    elif fact.status == "booked" and fact.start != was_start:
        _tell_own(session, row, "appointment.rescheduled")
        _trigger(session, row, "appointment.booked")
    return row


def known(session: Session, ehr_ids: Sequence[str]) -> set[str]:
    """Which of these the mirror has already."""
    found = select(Appointment.ehr_id).where(Appointment.org_id == org_of(session), Appointment.ehr_id.in_(ehr_ids))
    return set(session.scalars(found))


def mirror_quietly(session: Session, facts: Sequence[AppointmentFact]) -> set[str]:
    """Write visits that are new to the mirror in one statement, without starting anything (an import's history); the ids kept."""
    found = select(Patient.ehr_id, Patient.id).where(
        Patient.org_id == org_of(session), Patient.ehr_id.in_({fact.patient_ehr_id for fact in facts})
    )
    whose = {row.ehr_id: row.id for row in session.execute(found)}
    rows = [
        {
            "org_id": org_of(session), "ehr_id": fact.ehr_id, "patient_id": whose[fact.patient_ehr_id], "status": fact.status,
            "start_at": fact.start, "end_at": fact.end, "kind": fact.kind, "practitioner": fact.practitioner_ehr_id,
            "location": fact.location_ehr_id, "slot_ehr_id": fact.slot_ehr_ids[0] if fact.slot_ehr_ids else None,
            "ehr_version": fact.version, "ehr_updated_at": fact.updated_at, "ehr_read_at": clock.machine(),
        }
        for fact in {fact.ehr_id: fact for fact in facts}.values()
        if fact.patient_ehr_id in whose
    ]  # fmt: skip
    if rows:
        session.execute(insert(Appointment).on_conflict_do_nothing(index_elements=["org_id", "ehr_id"]), rows)
    return {str(row["ehr_id"]) for row in rows}


def mirror_slot(
    session: Session, fact: SlotFact, *, practitioner: str | None = None, practitioner_name: str | None = None
) -> None:
    """Write what the EHR says of a slot; our own hold on it stays until its booking settles. One that became free is offered on."""
    values = {
        "schedule": fact.schedule_ehr_id,
        "practitioner": fact.practitioner_ehr_id or practitioner,
        "practitioner_name": practitioner_name,
        "start_at": fact.start,
        "end_at": fact.end,
        "status": fact.status,
        "ehr_version": fact.version,
        "ehr_read_at": clock.machine(),
    }
    row = insert(Slot).values(org_id=org_of(session), ehr_id=fact.ehr_id, **values)
    kept: Any = session.execute(
        row.on_conflict_do_update(index_elements=["org_id", "ehr_id"], set_=values).returning(
            Slot.id, literal_column("old.status").label("was"), literal_column("old.ehr_version").label("version")
        )
    ).one()
    if (kept.was, fact.status) == ("busy", "free") and kept.version != fact.version:
        waitlist.freed(
            session, session.scalars(select(Slot).where(Slot.org_id == org_of(session), Slot.id == kept.id)).one()
        )


def _older(fact: AppointmentFact, row: Appointment) -> bool:
    """Lessons 14 and 17: events come late and doubled."""
    if fact.updated_at and row.ehr_updated_at and fact.updated_at < row.ehr_updated_at:
        return True
    return fact.version is not None and fact.version == row.ehr_version


def _changed(session: Session, row: Appointment, *, new: bool) -> None:
    event = EVENTS.get(row.status)
    if event is None:
        return
    if row.status in ATTENDED:
        _recovered(session, row)
    elif row.status == "cancelled":
        waitlist.look_for_free(session)
    if row.status == "booked":
        _stop_recovery(session, row)
    else:
        _tell_own(session, row, event)
    if new and row.status in FINAL and row.status != "noshow":
        return
    _trigger(session, row, "appointment.arrived" if row.status in HERE else event)


def _tell_own(session: Session, row: Appointment, event: str) -> None:
    """Programs about this very visit hear of it."""
    found = select(Enrollment.id).where(
        Enrollment.org_id == org_of(session), Enrollment.appointment_id == row.id, Enrollment.state != "ended"
    )
    for enrollment_id in list(session.scalars(found)):
        if event == "appointment.cancelled" and visits.held(session, Holder("enrollment", enrollment_id)):
            continue  # its patient is moving it: the booking settles the program
        enrollments.hear(session, enrollment_id, Event(EventKind.EHR, name=event, record=f"Appointment/{row.ehr_id}"))


def _stop_recovery(session: Session, row: Appointment) -> None:
    """A booking by whatever route ends what was trying to get one: programs about an earlier visit of this patient."""
    if row.start_at is None or row.start_at <= now(session) or row.booked_by_case or row.booked_by_enrollment:
        return
    found = select(Enrollment).where(
        Enrollment.org_id == org_of(session),
        Enrollment.patient_id == row.patient_id,
        Enrollment.state != "ended",
        Enrollment.appointment_id.is_distinct_from(row.id),
    )
    for enrollment in list(session.scalars(found)):
        visit = session.scalar(
            select(Appointment.start_at).where(
                Appointment.org_id == org_of(session), Appointment.id == enrollment.appointment_id
            )
        )
        coming = enrollment.appointment_id is not None and (visit is None or visit > now(session))
        if coming and not disruptions.moves(session, enrollment):
            continue  # a reminder of another coming visit goes on
        event = Event(EventKind.EHR, name="appointment.booked", record=f"Appointment/{row.ehr_id}")
        if enrollments.hear(session, enrollment.id, event).state.status == "ended":
            enrollment.booked_appointment_id = row.id
    session.flush()


def _recovered(session: Session, row: Appointment) -> None:
    """The visit that a program led to was attended."""
    found = select(Enrollment).where(
        Enrollment.org_id == org_of(session),
        Enrollment.booked_appointment_id == row.id,
        Enrollment.recovered_at.is_(None),
    )
    for enrollment in session.scalars(found.with_for_update()):
        enrollment.recovered_at, enrollment.routing = now(session), "recovered"
        ledger.write(
            session, [ledger.Line("recovered", "ehr.attended", enrollment.id, detail={"appointment": row.ehr_id})]
        )
        subject = ("enrollment", show("enr", enrollment.id))
        audit.record(session, "enrollment.recovered", actor="ehr", subject=subject)
    session.flush()


def _trigger(session: Session, row: Appointment, event: str) -> None:
    """Start what this is for. A missed visit counts from its start, a kept one from its end, all else from now."""
    at: datetime = row.start_at or now(session)
    began = {"appointment.noshow": at, "appointment.fulfilled": row.end_at or at}.get(event, now(session))
    if event == "appointment.booked" and at <= now(session):
        return
    if event == "appointment.noshow" and disruptions.covers(session, row):
        line = ledger.Line("refused", "trigger.visit_disrupted", detail={"appointment": row.ehr_id})
        ledger.write(session, [line])
        return
    triggers.record(
        session,
        triggers.Heard(
            source="ehr",
            external_id=f"{row.ehr_id}:{event}:{at.isoformat()}",
            kind=event,
            occurred_at=min(began, now(session)) if event == "appointment.fulfilled" else began,
            owner="ehr",
            patient_id=row.patient_id,
            appointment_id=row.id,
            context={"appointment": row.ehr_id, "kind": row.kind} if row.kind else {"appointment": row.ehr_id},
            site=row.location,
        ),
    )
