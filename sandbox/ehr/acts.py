"""What people at the clinic do in the EHR without Careloop: visits happen, are missed, booked elsewhere, called off."""

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.ehr.bookings import slot_ids
from sandbox.ehr.checks import Resource, check, instant
from sandbox.ehr.records import stamp
from sandbox.ehr.refusals import FhirError

if TYPE_CHECKING:
    from sandbox.ehr.chart import Chart

AMBULATORY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"}
INPATIENT = {**AMBULATORY, "code": "IMP", "display": "inpatient encounter"}
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
CANCEL_REASON = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


class Acts:
    """Each act is one transaction in the chart, is notified like any change, and returns the resource concerned."""

    def __init__(self, chart: "Chart") -> None:
        self._chart = chart
        self._records = chart.records

    def no_show(self, appointment: str) -> Resource:
        """The patient did not come."""
        return self._move(appointment, "noshow", only={"booked", "pending", "arrived"})

    def arrive(self, appointment: str) -> Resource:
        """The patient is checked in; the visit begins as an Encounter."""
        with self._chart.acting() as changes:
            visit = self._checked_in(appointment)
            self._chart.tell(changes)
        return visit

    def fulfill(self, appointment: str) -> Resource:
        """The visit took place: checked in (unless done), then fulfilled, the Encounter finished."""
        with self._chart.acting() as changes:
            visit = self._records.current("Appointment", appointment)
            visit = visit if visit["status"] == "checked-in" else self._checked_in(appointment)
            encounter = self._encounter_of(appointment)
            ended = {**encounter["period"], "end": stamp(self._chart.now())}
            self._put({**encounter, "status": "finished", "period": ended})
            visit = self._put({**visit, "status": "fulfilled"})
            self._chart.tell(changes)
        return visit

    def cancel(self, appointment: str, *, reason: str = "pat") -> Resource:
        """Called off by telephone or portal: the reason is a code of R4's list, the slot is free again."""
        with self._chart.acting() as changes:
            visit = self._allowed(appointment, {"proposed", "pending", "booked", "arrived", "checked-in", "waitlist"})
            for slot_id in sorted(slot_ids(visit)):
                self._put({**self._records.current("Slot", slot_id), "status": "free"})
            why = {"coding": [{"system": CANCEL_REASON, "code": reason}]}
            visit = self._put({**visit, "status": "cancelled", "cancelationReason": why})
            self._chart.tell(changes)
        return visit

    def book(self, patient: str, slot: str, *, service: str = "Office visit") -> Resource:
        """The patient books by another route; FhirError 409 when the slot is not free."""
        with self._chart.acting() as changes:
            self._records.current("Patient", patient)
            chosen = self._free(slot)
            self._put({**chosen, "status": "busy"})
            visit = self._put(self._new_visit(patient, chosen, service=service), method="POST")
            self._chart.tell(changes)
        return visit

    def slot_taken(self, slot: str) -> Resource:
        """Somebody else takes the time; FhirError 409 when it is not free."""
        with self._chart.acting() as changes:
            taken = self._put({**self._free(slot), "status": "busy"})
            self._chart.tell(changes)
        return taken

    def deceased(self, patient: str) -> Resource:
        """The chart learns that the patient has died, now."""
        with self._chart.acting() as changes:
            person = self._records.current("Patient", patient)
            living = {name: value for name, value in person.items() if name != "deceasedBoolean"}
            person = self._put({**living, "deceasedDateTime": stamp(self._chart.now())})
            self._chart.tell(changes)
        return person

    def admit(self, patient: str) -> Resource:
        """The patient is admitted to the ward."""
        with self._chart.acting() as changes:
            self._records.current("Patient", patient)
            stay = {
                "resourceType": "Encounter",
                "id": f"enc-{uuid.uuid4().hex}",
                "status": "in-progress",
                "class": INPATIENT,
                "subject": {"reference": f"Patient/{patient}"},
                "period": {"start": stamp(self._chart.now())},
            }
            stay = self._put(stay, method="POST")
            self._chart.tell(changes)
        return stay

    def discharge(self, patient: str, *, disposition: str = "home", instructions: bool = True) -> Resource:
        """The patient leaves the ward, with instructions in hand or not; FhirError 409 when they are not on it."""
        with self._chart.acting() as changes:
            stay = self._stay_of(patient)
            if instructions:
                self._put(_handed_out(patient, stamp(self._chart.now())), method="POST")
            ended = {**stay["period"], "end": stamp(self._chart.now())}
            left = {"dischargeDisposition": {"coding": [{"system": DISPOSITION, "code": disposition}]}}
            stay = self._put({**stay, "status": "finished", "period": ended, "hospitalization": left})
            self._chart.tell(changes)
        return stay

    def _stay_of(self, patient: str) -> Resource:
        for encounter in self._records.all("Encounter"):
            inside = encounter["class"]["code"] == "IMP" and encounter["status"] == "in-progress"
            if inside and encounter["subject"]["reference"] == f"Patient/{patient}":
                return encounter
        raise FhirError(409, "business-rule", f"Patient/{patient} is not on the ward")

    def _move(self, appointment: str, status: str, *, only: set[str]) -> Resource:
        with self._chart.acting() as changes:
            visit = self._put({**self._allowed(appointment, only), "status": status})
            self._chart.tell(changes)
        return visit

    def _allowed(self, appointment: str, only: set[str]) -> Resource:
        visit = self._records.current("Appointment", appointment)
        if visit["status"] not in only:
            raise FhirError(409, "business-rule", f"Appointment/{appointment} is {visit['status']}")
        return visit

    def _checked_in(self, appointment: str) -> Resource:
        visit = self._put({**self._allowed(appointment, {"booked", "arrived", "noshow"}), "status": "checked-in"})
        patient = next(
            p["actor"] for p in visit["participant"] if p.get("actor", {}).get("reference", "").startswith("Patient/")
        )
        encounter = {
            "resourceType": "Encounter",
            "id": f"enc-{uuid.uuid4().hex}",
            "status": "in-progress",
            "class": AMBULATORY,
            "subject": {"reference": patient["reference"]},
            "appointment": [{"reference": f"Appointment/{appointment}"}],
            "period": {"start": stamp(self._chart.now())},
        }
        self._put(encounter, method="POST")
        return visit

    def _encounter_of(self, appointment: str) -> Resource:
        wanted = f"Appointment/{appointment}"
        for encounter in self._records.all("Encounter"):
            if any(link.get("reference") == wanted for link in encounter.get("appointment", [])):
                return encounter
        raise FhirError(409, "business-rule", f"{wanted} is checked in without an Encounter")

    def _free(self, slot: str) -> Resource:
        chosen = self._records.current("Slot", slot)
        if chosen["status"] != "free":
            raise FhirError(409, "conflict", f"Slot/{slot} is {chosen['status']}")
        return chosen

    def _new_visit(self, patient: str, slot: Resource, *, service: str) -> Resource:
        schedule = self._records.current("Schedule", slot["schedule"]["reference"].rpartition("/")[2])
        actors: list[dict[str, Any]] = [{"reference": f"Patient/{patient}"}, *schedule["actor"]]
        minutes = (instant(slot["end"], "Slot.end") - instant(slot["start"], "Slot.start")).seconds // 60
        return {
            "resourceType": "Appointment",
            "id": f"appt-{uuid.uuid4().hex}",
            "status": "booked",
            "serviceType": [{"text": service}],
            "start": slot["start"],
            "end": slot["end"],
            "minutesDuration": minutes,
            "created": stamp(self._chart.now()),
            "slot": [{"reference": f"Slot/{slot['id']}"}],
            "participant": [{"actor": actor, "status": "accepted"} for actor in actors],
        }

    def _put(self, resource: Resource, *, method: str = "PUT") -> Resource:
        check(resource)
        return self._records.put(resource, method=method)


def _handed_out(patient: str, at: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"obs-{uuid.uuid4().hex}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8653-8"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": at,
        "valueString": "given",
    }
