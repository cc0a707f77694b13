"""Whether a resource may be stored: R4's elements, cardinalities, code lists and invariants. Anything wrong is 422."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import CODES, INSTANTS, OVER, PARTICIPANT_STATUS, REQUIRED, SHAPES

Resource = dict[str, Any]


def check(resource: Resource) -> None:
    """Raise FhirError 422 naming the element, if R4 would not have this resource."""
    kind = resource["resourceType"]
    _no_empties(resource, kind)
    shape = SHAPES[kind]
    for name, value in resource.items():
        plain = name.removeprefix("_")
        if plain not in shape["all"]:
            raise _wrong("structure", f"{kind} has no element {name}", f"{kind}.{name}")
        if not name.startswith("_") and (plain in shape["lists"]) != isinstance(value, list):
            raise _wrong(
                "structure", f"{name} {'repeats' if plain in shape['lists'] else 'does not repeat'}", f"{kind}.{name}"
            )
    for name in REQUIRED[kind]:
        if name not in resource:
            raise _wrong("required", f"{kind}.{name} is required", f"{kind}.{name}")
    for name, allowed in CODES.get(kind, {}).items():
        if name in resource and resource[name] not in allowed:
            raise _wrong("code-invalid", f"not in the required value set of {kind}.{name}", f"{kind}.{name}")
    for name in INSTANTS.get(kind, ()):
        if name in resource:
            instant(resource[name], f"{kind}.{name}")
    _invariants(kind, resource)


def instant(raw: object, where: str) -> datetime:
    """An R4 instant: seconds and a zone are required."""
    text = raw if isinstance(raw, str) and len(raw) >= len("2026-11-26T13:30:00Z") else ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _wrong("value", "not an instant with seconds and a zone", where) from error
    if found.tzinfo is None:
        raise _wrong("value", "an instant needs a zone", where)
    return found


def references(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every literal reference in a resource, with its path."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"], path
        for name, inner in value.items():
            yield from references(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from references(inner, f"{path}[{position}]")


def check_transition(old: Resource | None, new: Resource) -> None:
    """A visit that is over stays over: only entered-in-error may follow."""
    if new["resourceType"] != "Appointment" or old is None:
        return
    was, becomes = old["status"], new["status"]
    if was in OVER and becomes not in {was, "entered-in-error"}:
        raise _wrong("business-rule", f"an appointment that is {was} cannot become {becomes}", "Appointment.status")


def _invariants(kind: str, resource: Resource) -> None:
    if kind == "Appointment":
        _appointment(resource)
    if kind == "Slot" and instant(resource["end"], "Slot.end") <= instant(resource["start"], "Slot.start"):
        raise _wrong("invariant", "a slot ends after it starts", "Slot.end")
    if kind == "Task" and "authoredOn" in resource and "lastModified" in resource:
        modified, authored = resource["lastModified"], resource["authoredOn"]
        if instant(modified, "Task.lastModified") < instant(authored, "Task.authoredOn"):
            raise _wrong("invariant", "inv-1: last modified must not be before authored", "Task.lastModified")
    if kind == "Encounter" and "code" not in resource["class"]:
        raise _wrong("required", "Encounter.class needs a code", "Encounter.class.code")


def _appointment(resource: Resource) -> None:
    status = resource["status"]
    if ("start" in resource) != ("end" in resource):
        raise _wrong("invariant", "app-2: either start and end, or neither", "Appointment.start")
    if "start" not in resource and status not in {"proposed", "cancelled", "waitlist"}:
        raise _wrong("invariant", "app-3: only proposed or cancelled may lack start and end", "Appointment.start")
    if "start" in resource and instant(resource["end"], "Appointment.end") < instant(
        resource["start"], "Appointment.start"
    ):
        raise _wrong("invariant", "an appointment does not end before it starts", "Appointment.end")
    if "cancelationReason" in resource and status not in {"cancelled", "noshow"}:
        raise _wrong("invariant", "app-4: only cancelled or noshow has a reason", "Appointment.cancelationReason")
    for position, participant in enumerate(resource["participant"]):
        where = f"Appointment.participant[{position}]"
        if not isinstance(participant, dict) or not ("actor" in participant or "type" in participant):
            raise _wrong("invariant", "app-1: either the type or the actor of a participant", where)
        if participant.get("status") not in PARTICIPANT_STATUS:
            raise _wrong("code-invalid", "participant.status is required and from a closed list", f"{where}.status")


def _no_empties(value: object, path: str) -> None:
    if value is None or value in ("", [], {}):
        raise _wrong("structure", "elements may not be empty or null", path)
    if isinstance(value, dict):
        for name, inner in value.items():
            _no_empties(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _no_empties(inner, f"{path}[{position}]")


def _wrong(issue: str, say: str, where: str) -> FhirError:
    return FhirError(422, issue, say, where=where)
