"""A confirmed visit: the patient's own participation in the EHR's Appointment becomes accepted. Its status is the clinic's."""

from uuid import UUID

from core.errors import Conflict, Permanent
from core.ids import parse
from handlers.deps import Deps
from integrations.ehr.fhir import FhirClient
from integrations.ehr.mapping import appointment_fact
from integrations.ehr.references import Resource, version_of
from integrations.ehr.writes import accepted, patient_status
from storage.outbox import Leased
from workflows import appointments, confirmations


def confirm(deps: Deps, org: UUID, row: Leased) -> None:
    """Put it over the version read, once more when somebody was faster, and read it back. Raises Permanent "read_back"."""
    enrollment_id = parse("enr", row.key)
    with deps.db.begin(org=org) as session:
        known = confirmations.visit_of(session, enrollment_id)
    if known is None:
        return
    visit_id, patient_id = known
    ehr = deps.vendors.ehr(org)
    try:
        found = _accept(ehr, visit_id, patient_id)
    except Permanent:
        if not ehr.capabilities().allows("Appointment", "update"):
            with deps.db.begin(org=org) as session:
                confirmations.not_written(session, enrollment_id, reason="not_offered", by_hand=False)
            return
        raise
    with deps.db.begin(org=org) as session:
        if found is None:
            confirmations.not_written(session, enrollment_id, reason="visit_over", by_hand=False)
            return
        appointments.mirror(session, appointment_fact(found))
        confirmations.written(session, enrollment_id, visit_id)


def by_hand(deps: Deps, org: UUID, key: str, *, reason: str) -> None:
    """The EHR refuses this very record: a person enters that the patient comes."""
    with deps.db.begin(org=org) as session:
        confirmations.not_written(session, parse("enr", key), reason=reason, by_hand=True)


def _accept(ehr: FhirClient, visit_id: str, patient_id: str) -> Resource | None:
    """The appointment with the patient accepted; None when it is not booked any more."""
    for attempt in (1, 2):
        read = ehr.read("Appointment", visit_id)
        if read.get("status") != "booked":
            return None
        if patient_status(read, patient_id) == "accepted":
            return read
        try:
            ehr.update(accepted(read, patient_id), version=version_of(read) or "")
        except Conflict:
            if attempt == 2:
                raise
            continue
        break
    kept = ehr.read("Appointment", visit_id)
    if patient_status(kept, patient_id) != "accepted":
        raise Permanent("The EHR did not keep that the patient comes", code="read_back")
    return kept
