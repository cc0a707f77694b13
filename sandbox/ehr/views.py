"""The EHR as the page draws it."""

from typing import Any

from sandbox.ehr.checks import Resource
from sandbox.ehr.records import Records


def overview(records: Records) -> dict[str, Any]:
    """Patients, appointments, slots and tasks as flat rows; the caller holds the lock."""
    names = {f"Patient/{patient['id']}": _name(patient) for patient in records.all("Patient")}
    doctors = {f"Practitioner/{doctor['id']}": _name(doctor) for doctor in records.all("Practitioner")}
    whose = {
        f"Schedule/{s['id']}": doctors.get(_actor(s["actor"], "Practitioner/"), "") for s in records.all("Schedule")
    }
    return {
        "patients": [_patient(patient) for patient in records.all("Patient")],
        "appointments": [_appointment(visit, names, doctors) for visit in records.all("Appointment")],
        "slots": [
            {
                "id": slot["id"],
                "start": slot["start"],
                "end": slot["end"],
                "status": slot["status"],
                "practitioner": whose.get(slot["schedule"]["reference"], ""),
            }
            for slot in records.all("Slot")
        ],
        "tasks": [_task(task) for task in records.all("Task")],
    }


def _patient(patient: Resource) -> dict[str, Any]:
    phones = [point for point in patient.get("telecom", []) if point.get("system") == "phone"]
    phones.sort(key=lambda point: point.get("use") != "mobile")
    preferred = [entry for entry in patient.get("communication", []) if entry.get("preferred")]
    return {
        "id": patient["id"],
        "name": _name(patient),
        "phone": phones[0].get("value", "") if phones else "",
        "language": _word(preferred[0].get("language")) if preferred else "",
        "birthDate": patient.get("birthDate", ""),
    }


def _appointment(visit: Resource, names: dict[str, str], doctors: dict[str, str]) -> dict[str, Any]:
    actors = [participant.get("actor", {}) for participant in visit["participant"]]
    patient = _actor(actors, "Patient/")
    return {
        "id": visit["id"],
        "patient": patient.removeprefix("Patient/"),
        "patient_name": names.get(patient, ""),
        "start": visit.get("start", ""),
        "end": visit.get("end", ""),
        "status": visit["status"],
        "type": _word(next(iter(visit.get("serviceType", [])), None)),
        "practitioner": doctors.get(_actor(actors, "Practitioner/"), ""),
    }


def _task(task: Resource) -> dict[str, Any]:
    owner = task.get("owner", {})
    outputs = [value for entry in task.get("output", []) for name, value in entry.items() if name.startswith("value")]
    outcome = _word(task.get("businessStatus")) or (_word(outputs[0]) if outputs else "")
    return {
        "id": task["id"],
        "status": task["status"],
        "owner": owner.get("display") or owner.get("reference", ""),
        "code": _word(task.get("code")),
        "outcome": outcome,
        "patient": task.get("for", {}).get("reference", "").removeprefix("Patient/"),
        "version": int(task["meta"]["versionId"]),
    }


def _name(person: Resource) -> str:
    for name in person.get("name", []):
        return str(name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip())
    return ""


def _actor(actors: list[dict[str, Any]], prefix: str) -> str:
    return next((a["reference"] for a in actors if a.get("reference", "").startswith(prefix)), "")


def _word(concept: object) -> str:
    """The text of a CodeableConcept, or its first code; plain values as they are."""
    if not isinstance(concept, dict):
        return "" if concept is None else str(concept)
    codes = [coding.get("code", "") for coding in concept.get("coding", [])]
    return str(concept.get("text") or (codes[0] if codes else "") or concept.get("display", ""))
