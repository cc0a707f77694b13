"""The clinical part of the chart: mirrored in batches, its patients first, and what ended is told to programs."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core import log
from core.errors import Permanent
from handlers.deps import Deps
from integrations.ehr.clinical import KINDS, clinical_fact
from integrations.ehr.fhir import FhirClient
from integrations.ehr.mapping import patient_fact
from integrations.ehr.references import Resource, as_dict, instant
from storage import feeds
from storage.db import now
from storage.stays import STAYS
from storage.tables import Patient
from workflows import clinical, discharges, patients, pre_check
from workflows.ehr_facts import ClinicalFact
from workflows.surroundings import organisation_of

__all__ = ["KINDS", "know_patients", "served", "take_in"]

AT_ONCE = 500
PATIENTS_AT_ONCE = 20
JUST = timedelta(days=3)


def take_in(deps: Deps, org: UUID, resources: Sequence[Resource]) -> None:
    """Mirror clinical records; one that cannot be read is logged and left out, since a chart holds old and odd ones."""
    if not resources:
        return
    with deps.db.begin(org=org) as session:
        zone, at = ZoneInfo(organisation_of(session).zone), now(session)
    resources = [*_instructions(deps.vendors.ehr(org), resources, since=at - JUST), *resources]
    facts = [fact for resource in resources if (fact := _read(resource, zone)) is not None]
    know_patients(deps, org, {fact.patient_ehr_id for fact in facts})
    for start in range(0, len(facts), AT_ONCE):
        with deps.db.begin(org=org) as session:
            discharges.notice(session, clinical.mirror(session, facts[start : start + AT_ONCE]))


def _instructions(ehr: FhirClient, resources: Sequence[Resource], *, since: datetime) -> list[Resource]:
    """The care instructions of who just went home, read beside the stay: the next poll would be too late for the pre-check (S89)."""
    home = {
        str(as_dict(stay.get("subject")).get("reference"))
        for stay in resources
        if stay.get("resourceType") == "Encounter"
        and stay.get("status") == "finished"
        and as_dict(stay.get("class")).get("code") in STAYS
        and (instant(as_dict(stay.get("period")).get("end")) or since) > since
    }
    if not home or not ehr.capabilities().allows("Observation", "search-type"):
        return []
    code = ",".join(f"{system}|{one}" for system, one in pre_check.INSTRUCTIONS)
    found: list[Resource] = []
    for start in range(0, len(home), PATIENTS_AT_ONCE):
        some = ",".join(sorted(home)[start : start + PATIENTS_AT_ONCE])
        found += ehr.search("Observation", {"patient": some, "code": code})
    return found


def know_patients(deps: Deps, org: UUID, ehr_ids: Collection[str]) -> None:
    """Mirror those of these patients that are not known yet; one the EHR does not have stays unknown."""
    with deps.db.begin(org=org) as session:
        known = set(session.scalars(select(Patient.ehr_id).where(Patient.org_id == org, Patient.ehr_id.in_(ehr_ids))))
    for ehr_id in sorted(set(ehr_ids) - known):
        try:
            resource = deps.vendors.ehr(org).read("Patient", ehr_id)
        except Permanent as error:
            if error.code == "gone":
                continue
            raise
        with deps.db.begin(org=org) as session:
            patients.mirror(session, patient_fact(resource))


def served(deps: Deps, org: UUID, ehr: FhirClient, kind: str) -> bool:
    """Whether the server lists searching for this type; if not, that is noted and it is asked again in an hour."""
    with deps.db.begin(org=org) as session:
        if feeds.read_at(session, kind) is not None:
            return True  # it has answered before
    if ehr.capabilities().allows(kind, "search-type"):
        return True
    log.get().info("feed.refused", topic=kind)
    with deps.db.begin(org=org) as session:
        feeds.refused(session, kind)
    return False


def _read(resource: Resource, zone: ZoneInfo) -> ClinicalFact | None:
    try:
        return clinical_fact(resource, zone=zone)
    except Permanent as error:
        log.get().warning("record.unreadable", topic=str(resource.get("resourceType")), code=error.code)
        return None
