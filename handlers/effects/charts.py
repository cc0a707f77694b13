"""The EHR: reading what changed into the mirror, and writing cases back."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict, Permanent
from core.ids import show
from handlers.deps import Deps
from handlers.effects import bookings, clinic, words
from integrations.ehr.fhir import FhirClient, Written
from integrations.ehr.mapping import appointment_fact, patient_fact, practitioner_name, schedule_practitioner, slot_fact
from integrations.ehr.references import Resource
from integrations.ehr.writes import TaskFacts, read_back_differs, task
from storage import feeds
from storage.db import now, org_of
from storage.outbox import Leased
from storage.tables import Appointment, Case, EhrLink, Enrollment, Patient
from workflows import appointments, cases, interpreting, patients, pilot_reviews, sensitive, staff

CASE = "urn:careloop:case"
PATIENT_PARAM_MOST = 20
TASK_STATUS = {
    "open": "requested",
    "claimed": "accepted",
    "booking": "in-progress",
    "snoozed": "on-hold",
    "waiting_patient": "on-hold",
}
FAILED_ENDS = frozenset({"unreachable", "declined", "wrong_number", "deceased"})
PRIORITY = {"emergency": "stat", "urgent": "asap", "high": "urgent", "normal": "routine"}


def read(deps: Deps, org: UUID, row: Leased) -> None:
    """Read one record that the EHR said has changed, and act on it."""
    kind, _, ehr_id = row.key.partition("/")
    try:
        resource = deps.vendors.ehr(org).read(kind, ehr_id)
    except Permanent as error:
        if error.code == "gone":
            return
        raise
    take_in(deps, org, [resource])


def refresh(deps: Deps, org: UUID, patient_ids: Sequence[str], visit_ids: Sequence[str]) -> None:
    """Read these patients, their visits to come and the named visits now; the gate counts their age from here."""
    ehr = deps.vendors.ehr(org)
    found: list[Resource] = []
    for start in range(0, len(patient_ids), PATIENT_PARAM_MOST):
        some = sorted(set(patient_ids[start : start + PATIENT_PARAM_MOST]))
        found += ehr.search("Patient", {"_id": ",".join(some)})
        found += ehr.search("Appointment", {"patient": ",".join(f"Patient/{p}" for p in some), "status": "booked"})
    for start in range(0, len(visit_ids), PATIENT_PARAM_MOST):
        found += ehr.search(
            "Appointment", {"_id": ",".join(sorted(set(visit_ids[start : start + PATIENT_PARAM_MOST])))}
        )
    take_in(deps, org, found)
    with deps.db.begin(org=org) as session:
        patients.fresh(session, list(patient_ids))


def take_in(deps: Deps, org: UUID, resources: Sequence[Resource]) -> None:
    """Mirror records, patients before their visits; each visit in its own transaction, so that one cannot hold up the rest."""
    ordered = sorted(resources, key=lambda r: r.get("resourceType") != "Patient")
    clinic.take_in(deps, org, [r for r in ordered if r.get("resourceType") in clinic.KINDS])
    for resource in ordered:
        kind = resource.get("resourceType")
        if kind == "Appointment":
            fact = appointment_fact(resource)
            clinic.know_patients(deps, org, {fact.patient_ehr_id})
            with deps.db.begin(org=org) as session:
                appointments.mirror(session, fact, booked_by=bookings.ours(session, resource))
        elif kind == "Patient":
            with deps.db.begin(org=org) as session:
                patients.mirror(session, patient_fact(resource))


def poll(deps: Deps, org: UUID, row: Leased) -> None:
    """Read what changed of one resource type since the watermark, overlapping by five minutes; then mirror it."""
    kind = row.key
    ehr = deps.vendors.ehr(org)
    if kind in clinic.KINDS and not clinic.served(deps, org, ehr, kind):
        return
    with deps.db.begin(org=org) as session:
        since = feeds.since(session, kind)
    params: dict[str, str | int | list[str]] = {"_sort": "_lastUpdated", "_count": 200}
    if since is not None:
        params["_lastUpdated"] = f"ge{since.isoformat().replace('+00:00', 'Z')}"
    changed = list(ehr.search(kind, params))
    if kind == "Slot":
        _take_slots(deps, org, ehr, changed)
    else:
        take_in(deps, org, changed)
    with deps.db.begin(org=org) as session:
        feeds.seen(session, kind, [str(r.get("meta", {}).get("lastUpdated", "")) for r in changed])


def write_task(deps: Deps, org: UUID, row: Leased) -> None:
    """Put the case's Task in the EHR as the case is now; a changed Task is read again and written over once."""
    case_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        case = cases.get(session, case_id)
        allowed, notice = sensitive.may_be_written(session, case)
        facts, version, known = _task_facts(session, case, notice), case.version, _link(session, "case_task", case_id)
        task_id = known.ehr_id if known else None
        if not allowed:
            case.writeback = "held"
            session.flush()
            cases.refresh_card(session, case)
            return
    if facts is None:
        _settled(deps, org, case_id, version=version, written=None)
        return
    ehr = deps.vendors.ehr(org)
    try:
        done = _put_task(ehr, facts, task_id)
    except Conflict:
        done = _put_task(ehr, facts, task_id)
    differs = read_back_differs(task(facts), done.resource)
    if differs:
        raise Permanent(differs, code="read_back")
    _settled(deps, org, case_id, version=version, written=done)


def manual(deps: Deps, org: UUID, case_id: UUID) -> None:
    """The EHR will not take this write: the card says that a person has to enter it there."""
    with deps.db.begin(org=org) as session:
        case = cases.get(session, case_id)
        case.writeback = "manual"
        session.flush()
        cases.refresh_card(session, case)


def _put_task(ehr: FhirClient, facts: TaskFacts, task_id: str | None) -> Written:
    if task_id is None:
        made = ehr.create(task(facts), identifier=facts.identifier, search_first=True)
        if not made.already_there:
            return made
        task_id = str(made.resource["id"])
    current = ehr.read("Task", task_id)
    version = str(current.get("meta", {}).get("versionId", ""))
    return ehr.update(task(facts, read=current), version=version)


def _settled(deps: Deps, org: UUID, case_id: UUID, *, version: int, written: Written | None) -> None:
    with deps.db.begin(org=org) as session:
        if written is not None:
            values = {
                "resource": "Task",
                "ehr_id": str(written.resource["id"]),
                "version": written.version,
                "read_back_at": clock.machine(),
            }
            link = insert(EhrLink).values(org_id=org_of(session), kind="case_task", local_id=case_id, **values)
            session.execute(link.on_conflict_do_update(index_elements=["org_id", "kind", "local_id"], set_=values))
        case = cases.get(session, case_id)
        if case.version == version and case.writeback == "pending":
            case.writeback = "synced"
            session.flush()
            cases.refresh_card(session, case)


def _task_facts(session: Session, case: Case, notice: str | None) -> TaskFacts | None:
    """None for a case without a charted patient, and for a pilot's review, which is about us: nothing to write on."""
    if case.patient_id is None or case.kind == pilot_reviews.KIND:
        return None
    patient = session.scalars(select(Patient).where(Patient.org_id == case.org_id, Patient.id == case.patient_id)).one()
    visit = session.scalar(
        select(Appointment.ehr_id)
        .join(Enrollment, (Enrollment.org_id == Appointment.org_id) & (Enrollment.appointment_id == Appointment.id))
        .where(Appointment.org_id == case.org_id, Enrollment.id == case.enrollment_id)
    )
    closed = case.state == "closed"
    status = ("failed" if case.disposition in FAILED_ENDS else "completed") if closed else TASK_STATUS[case.state]
    return TaskFacts(
        identifier=(CASE, show("cas", case.id)),
        patient_ehr_id=patient.ehr_id,
        focus_appointment=visit,
        status=status,
        code=words.task_code(case.kind),
        owner_display=staff.name(session, case.owner_id) if case.owner_id else None,
        business_status=case.disposition or case.state,
        outcome=case.disposition,
        priority=PRIORITY[case.priority],
        authored_on=case.opened_at,
        last_modified=now(session),
        notes=tuple(note for note in (notice, _interpreter(session, case)) if note),
    )


def _interpreter(session: Session, case: Case) -> str | None:
    row = interpreting.of_closing(session, case)
    return f"Interpreter: {interpreting.words(row)}" if row else None


def _link(session: Session, kind: str, local_id: UUID) -> EhrLink | None:
    return session.scalar(
        select(EhrLink).where(EhrLink.org_id == org_of(session), EhrLink.kind == kind, EhrLink.local_id == local_id)
    )


def _take_slots(deps: Deps, org: UUID, ehr: FhirClient, changed: Sequence[Resource]) -> None:
    wanted = {str(r.get("schedule", {}).get("reference", "")).partition("/")[2] for r in changed}
    people = dict(schedule_practitioner(ehr.read("Schedule", one)) for one in sorted(wanted) if one)
    known = sorted({one for one in people.values() if one})
    named = ehr.search("Practitioner", {"_id": ",".join(known)}) if known else ()
    names = {str(person.get("id")): practitioner_name(person) for person in named}
    facts = [slot_fact(r) for r in changed]
    with deps.db.begin(org=org) as session:
        for fact in facts:
            who = people.get(fact.schedule_ehr_id)
            appointments.mirror_slot(session, fact, practitioner=who, practitioner_name=names.get(who or ""))
