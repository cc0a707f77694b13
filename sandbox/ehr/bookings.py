"""The chart's own rule about time: a slot is sold once."""

from collections.abc import Iterator
from typing import Any

from sandbox.ehr.checks import Resource, instant
from sandbox.ehr.records import Change, Records
from sandbox.ehr.refusals import FhirError
from sandbox.ehr.shapes import TAKES_A_SLOT


def settle(records: Records, changes: list[Change], *, guarded: frozenset[str]) -> None:
    """Check every slot that this transaction books, and mark it busy where the client did not.

    A slot must have been free when the transaction began, or held (busy-tentative) and now set busy under If-Match:
    `guarded` holds the ids of slots written that way. Otherwise FhirError 409. Call inside the transaction, last.
    """
    sold: set[str] = set()
    for appointment, slot_id in list(_newly_taken(records, changes)):
        now = records.find("Slot", slot_id)
        was = records.before("Slot", slot_id) or now
        if now is None or was is None:
            raise FhirError(422, "not-found", f"Slot/{slot_id} is not known", where="Appointment.slot")
        held = was["status"] == "busy-tentative" and slot_id in guarded and now["status"] == "busy"
        if slot_id in sold or not (was["status"] == "free" or held):
            raise FhirError(409, "conflict", f"Slot/{slot_id} is not free", where="Appointment.slot")
        if not _inside(was, appointment):
            raise FhirError(422, "business-rule", "the appointment does not cover its slot", where="Appointment.slot")
        sold.add(slot_id)
        if now["status"] != "busy":
            records.put({**now, "status": "busy"}, method="PUT")


def slot_ids(appointment: Resource | None) -> set[str]:
    """Ids of the slots an appointment occupies; none when it is not live."""
    if appointment is None or appointment["status"] not in TAKES_A_SLOT:
        return set()
    return {str(slot.get("reference", "")).rpartition("/")[2] for slot in appointment.get("slot", [])} - {""}


def _inside(slot: Resource, appointment: Resource) -> bool:
    starts = instant(appointment["start"], "Appointment.start") <= instant(slot["start"], "Slot.start")
    return starts and instant(slot["end"], "Slot.end") <= instant(appointment["end"], "Appointment.end")


def _newly_taken(records: Records, changes: list[Change]) -> Iterator[tuple[dict[str, Any], str]]:
    for id_ in dict.fromkeys(change.id for change in changes if change.kind == "Appointment"):
        appointment = records.find("Appointment", id_)
        if appointment is None:
            continue
        for slot_id in sorted(slot_ids(appointment) - slot_ids(records.before("Appointment", id_))):
            yield appointment, slot_id
