"""The records Careloop writes into a chart, built from facts, and the check of what the chart kept. Pure."""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from core.errors import Conflict, Permanent
from integrations.ehr.references import (
    Identifier,
    Resource,
    as_dict,
    carries,
    dicts,
    fhir_time,
    identifier_query,
    identifier_token,
    instant,
    required_id,
    split_reference,
    version_of,
)

TASK_STATUSES = frozenset({"requested", "accepted", "in-progress", "on-hold", "completed", "cancelled", "failed"})
CANCELLABLE = frozenset({"proposed", "pending", "booked", "waitlist", "arrived", "checked-in"})
_CANCEL_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One piece of outreach work as the chart shall show it. `code` says which kind; `priority` is FHIR's word."""

    identifier: Identifier
    patient_ehr_id: str
    focus_appointment: str | None
    status: str
    code: str
    owner_display: str | None
    business_status: str | None
    outcome: str | None
    priority: str
    authored_on: datetime
    last_modified: datetime
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booking to make. Slots, old appointment and task are records just read, whole, so that nothing is lost.

    `task` is the finished Task to put (see `task`), with its id and version. `cancel_code` is FHIR's reason code.
    """

    identifier: Identifier
    patient_ehr_id: str
    practitioner_ehr_id: str | None
    location_ehr_id: str | None
    kind: str | None
    slots: tuple[Resource, ...] = field(repr=False)
    created_at: datetime
    old_appointment: Resource | None = field(repr=False, default=None)
    old_slots: tuple[Resource, ...] = field(repr=False, default=())
    task: Resource | None = field(repr=False, default=None)
    cancel_code: str = "pat"


def task(facts: TaskFacts, *, read: Resource | None = None) -> Resource:
    """Build the Task: new, or over the one just `read` (id, version and what others added are kept).

    Raises `Permanent` for a status Careloop does not use. lastModified never lies before authoredOn (FHIR inv-1).
    """
    if facts.status not in TASK_STATUSES:
        raise Permanent("Careloop does not use this Task status", code="bad-status")
    made: Resource = dict(read or {})
    for ours in ("owner", "businessStatus", "output", "focus"):
        made.pop(ours, None)
    system, value = facts.identifier
    made |= {
        "resourceType": "Task",
        "status": facts.status,
        "intent": "order",
        "priority": facts.priority,
        "code": {"text": facts.code},
        "for": {"reference": f"Patient/{facts.patient_ehr_id}"},
        "authoredOn": fhir_time(facts.authored_on),
        "lastModified": fhir_time(max(facts.authored_on, facts.last_modified)),
    }
    if not carries(made, facts.identifier):
        made["identifier"] = [*dicts(made.get("identifier")), {"system": system, "value": value}]
    if facts.focus_appointment:
        made["focus"] = {"reference": f"Appointment/{facts.focus_appointment}"}
    if facts.owner_display:
        made["owner"] = {"display": facts.owner_display}
    if facts.business_status:
        made["businessStatus"] = {"text": facts.business_status}
    for note in facts.notes:
        if {"text": note} not in dicts(made.get("note")):
            made["note"] = [*dicts(made.get("note")), {"text": note}]
    if facts.outcome:
        made["output"] = [{"type": {"text": "outcome"}, "valueString": facts.outcome}]
    return made


def appointment(facts: BookingFacts) -> Resource:
    """Build the new booked Appointment over its slots. Raises `Permanent` when the slots do not make one stretch."""
    start, end = _stretch(facts.slots)
    system, value = facts.identifier
    actors = [f"Patient/{facts.patient_ehr_id}"]
    actors += [f"Practitioner/{facts.practitioner_ehr_id}"] if facts.practitioner_ehr_id else []
    actors += [f"Location/{facts.location_ehr_id}"] if facts.location_ehr_id else []
    made: Resource = {
        "resourceType": "Appointment",
        "identifier": [{"system": system, "value": value}],
        "status": "booked",
        "start": fhir_time(start),
        "end": fhir_time(end),
        "minutesDuration": int((end - start).total_seconds() // 60),
        "created": fhir_time(facts.created_at),
        "slot": [{"reference": f"Slot/{slot['id']}"} for slot in facts.slots],
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }
    coded = dicts((facts.old_appointment or {}).get("serviceType"))
    if coded or facts.kind:
        made["serviceType"] = coded or [{"text": facts.kind}]
    return made


def accepted(read: Resource, patient_ehr_id: str) -> Resource:
    """The appointment just `read`, with the patient's own participation accepted and all else as it is.

    Raises `Permanent` when the patient is no participant of it.
    """
    if patient_status(read, patient_ehr_id) is None:
        raise Permanent("The appointment is not of this patient: participant", code="unreadable")
    people = [
        one | {"status": "accepted"} if _is_patient(one, patient_ehr_id) else one for one in dicts(read["participant"])
    ]
    return read | {"participant": people}


def patient_status(read: Resource, patient_ehr_id: str) -> str | None:
    """How the patient answers for this appointment (accepted, tentative, needs-action …); None when it is not theirs."""
    found = (one.get("status") for one in dicts(read.get("participant")) if _is_patient(one, patient_ehr_id))
    return next((str(status) for status in found if status), None)


def booking_bundle(facts: BookingFacts) -> Resource:
    """Build the one transaction of a booking: new Appointment, slots busy, the old one cancelled if it stands, Task.

    A missed or finished old appointment stays as history. Every PUT names the version it was read at.
    Raises `Conflict` when a slot is no longer free, `Permanent` when a record has no version to hold on to.
    """
    if any(slot.get("status") != "free" for slot in facts.slots):
        raise Conflict("That slot was just taken", code="slot-not-free")
    entries = [_post(appointment(facts), facts.identifier)]
    entries += [_put(slot | {"status": "busy"}, "Slot") for slot in facts.slots]
    old = facts.old_appointment
    if old is not None and old.get("status") in CANCELLABLE:
        reason = {"coding": [{"system": _CANCEL_SYSTEM, "code": facts.cancel_code}]}
        entries.append(_put(old | {"status": "cancelled", "cancelationReason": reason}, "Appointment"))
        kept = {slot["id"] for slot in facts.slots}
        freed = (slot for slot in facts.old_slots if slot.get("id") not in kept)
        entries += [_put(slot | {"status": "free"}, "Slot") for slot in freed]
    if facts.task is not None:
        entries.append(_put(facts.task, "Task"))
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def read_back_differs(asked: Resource, got: Resource) -> str | None:
    """Say in words which part of an Appointment or Task the EHR kept differently; None when it kept what was asked."""
    kind = asked["resourceType"]
    if got.get("resourceType") != kind:
        return f"The EHR answered with something that is not a {kind}."
    if asked.get("status") != got.get("status"):
        return f"The EHR shows another status on the {kind}."
    for name in ("start", "end"):
        if name in asked and instant(asked[name]) != instant(got.get(name)):
            return f"The EHR shows another {name} time."
    if not _actors(asked) <= _actors(got):
        return "The EHR left out a participant."
    if not _slots(asked) <= _slots(got):
        return "The EHR left out a slot."
    if as_dict(asked.get("owner")).get("display") != as_dict(got.get("owner")).get("display"):
        return f"The EHR shows another owner on the {kind}."
    if dicts(asked.get("output")) and not dicts(got.get("output")):
        return f"The EHR did not keep the outcome on the {kind}."
    for one in dicts(asked.get("identifier")):
        if not carries(got, (str(one.get("system")), str(one.get("value")))):
            return f"The EHR did not keep our identifier on the {kind}."
    return None


def _stretch(slots: tuple[Resource, ...]) -> tuple[datetime, datetime]:
    times: list[tuple[datetime, datetime]] = []
    for slot in slots:
        required_id(slot, "Slot")
        start, end = instant(slot.get("start")), instant(slot.get("end"))
        if start is None or end is None or end <= start:
            raise Permanent("Slot has no readable time: start, end", code="unreadable")
        times.append((start, end))
    times.sort()
    if not times or any(one[1] != following[0] for one, following in itertools.pairwise(times)):
        raise Permanent("The slots of a booking must follow one another", code="slots-apart")
    return times[0][0], times[-1][1]


def _post(resource: Resource, identifier: Identifier) -> Resource:
    token = identifier_token(identifier)
    return {
        "fullUrl": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, token)}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], "ifNoneExist": identifier_query(identifier)},
    }


def _put(resource: Resource, resource_type: str) -> Resource:
    ehr_id, version = required_id(resource, resource_type), version_of(resource)
    if version is None:
        raise Permanent(f"{resource_type} was read without a version: meta.versionId", code="no-version")
    url = f"{resource_type}/{ehr_id}"
    return {"resource": resource, "request": {"method": "PUT", "url": url, "ifMatch": f'W/"{version}"'}}


def _is_patient(participant: Resource, patient_ehr_id: str) -> bool:
    return split_reference(as_dict(participant.get("actor")).get("reference")) == ("Patient", patient_ehr_id)


def _actors(resource: Resource) -> set[tuple[str, str]]:
    found = (split_reference(as_dict(one.get("actor")).get("reference")) for one in dicts(resource.get("participant")))
    return {actor for actor in found if actor}


def _slots(resource: Resource) -> set[tuple[str, str]]:
    found = (split_reference(slot.get("reference")) for slot in dicts(resource.get("slot")))
    return {slot for slot in found if slot}
