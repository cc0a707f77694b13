"""Booking in the EHR: one transaction, read back, settled here; and whose booking an appointment is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import ids
from core.errors import Conflict, Permanent, Refused
from handlers.deps import Deps
from integrations.ehr.fhir import FhirClient, Written
from integrations.ehr.mapping import appointment_fact
from integrations.ehr.references import Resource
from integrations.ehr.writes import BookingFacts, booking_bundle
from storage import outbox
from storage.db import now
from storage.outbox import Lane, Leased, Topic
from storage.visits import Holder
from workflows import appointments, booking

BOOKING = "urn:careloop:booking"
PREFIX = {"case": "cas", "enrollment": "enr"}


def book(deps: Deps, org: UUID, row: Leased) -> None:
    """Book the chosen slot: one transaction in the EHR, read back, then settled here. A conflict gives it back to who chose."""
    holder = Holder.of(row.key)
    with deps.db.begin(org=org) as session:
        plan = booking.plan(session, holder)
        actor = f"staff:{row.payload['by']}" if row.payload.get("by") else "patient"
        made_at = now(session)
    if plan is None:
        return
    ehr = deps.vendors.ehr(org)
    identifier = (BOOKING, f"{ids.show(PREFIX[holder.kind], holder.id)}.{plan.slot_ehr_id}")
    try:
        found = ehr.by_identifier("Appointment", identifier)
        written = found or _transact(ehr, plan, identifier, made_at)
        resource = ehr.read("Appointment", str(written.resource["id"]))
    except Conflict as error:
        give_back(deps, org, row.key, reason=error.code or "conflict", manual=False, by=row.payload.get("by"))
        return
    if resource.get("status") != "booked":
        raise Permanent("The EHR did not keep the booking", code="read_back")
    with deps.db.begin(org=org) as session:
        mirrored = appointments.mirror(session, appointment_fact(resource), booked_by=holder)
        if mirrored is None:
            raise Permanent("the booked patient is not mirrored", code="no_patient")
        booking.booked(session, holder, appointment=mirrored, actor=actor)


def give_back(deps: Deps, org: UUID, key: str, *, reason: str, manual: bool, by: str | None) -> None:
    """A booking that did not happen: who chose the time has the choice again, staff are told; the slots are read anew."""
    with deps.db.begin(org=org) as session:
        case = booking.failed(session, Holder.of(key), reason=reason, manual=manual)
        if case is not None and by:
            code = "booking_manual" if manual else "slot_taken"
            outbox.put(
                session, Topic.WHISPER, f"{case.id}:{code}", lane=Lane.ACTIONS, case=str(case.id), to=by, say=code
            )
        outbox.put(session, Topic.EHR_POLL, "Slot", lane=Lane.ACTIONS)


def ours(session: Session, resource: Resource) -> Holder | None:
    """Whose booking of ours this appointment is, by the identifier we gave it; None for anybody else's."""
    for one in resource.get("identifier", []):
        if one.get("system") == BOOKING:
            return booking.known(session, _holder(str(one.get("value", "")).partition(".")[0]))
    return None


def _holder(name: str) -> Holder | None:
    try:
        if name.startswith("enr_"):
            return Holder("enrollment", ids.parse("enr", name))
        return Holder("case", ids.parse("cas", name))
    except Refused:
        return None


def _transact(ehr: FhirClient, plan: booking.Plan, identifier: tuple[str, str], made_at: datetime) -> Written:
    slot = ehr.read("Slot", plan.slot_ehr_id)
    old = ehr.read("Appointment", plan.old_appointment) if plan.old_appointment else None
    facts = BookingFacts(
        identifier=identifier,
        patient_ehr_id=plan.patient_ehr_id,
        practitioner_ehr_id=plan.practitioner,
        location_ehr_id=plan.location,
        kind=plan.kind,
        slots=(slot,),
        created_at=made_at,
        old_appointment=old,
        old_slots=_old_slots(ehr, old),
    )
    return ehr.transaction(booking_bundle(facts))[0]


def _old_slots(ehr: FhirClient, old: Resource | None) -> tuple[Resource, ...]:
    if old is None or old.get("status") != "booked":
        return ()
    references = [str(s.get("reference", "")).partition("/")[2] for s in old.get("slot", [])]
    return tuple(ehr.read("Slot", one) for one in references if one)
