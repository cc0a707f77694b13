"""The EHR's persons, mirrored: sealed where it names somebody, plain where SQL must decide."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import clock
from storage import numbers, visits
from storage.db import new_id, new_ids, org_of, vault
from storage.tables import Case, Enrollment, Patient, PatientNumber
from workflows import duplicates, enrollments, privacy
from workflows.effects import Event, EventKind
from workflows.ehr_facts import PatientFact

DEFAULT_LANGUAGE = "en"
LISTED = "csv-"  # begins the stand-in EHR id of a patient whom only a list has named so far


def mirror(session: Session, fact: PatientFact) -> Patient:
    """Write what the EHR says of a patient; what forbids contact from now on ends their programs in the same transaction (N17), and
    what is protected from now on is taken out of Slack.
    """
    row = visits.patient(session, fact.ehr_id, lock=True) or _listed(session, fact)
    new = row is None
    if row is None:
        row = Patient(org_id=org_of(session), id=new_id(session), ehr_id=fact.ehr_id, deceased=False, active=True)
        session.add(row)
    before, open_to_slack = _stops(row), not row.sensitive
    _write(session, row, fact)
    session.flush()
    if open_to_slack and row.sensitive and not new:
        privacy.redraw(session, Case.patient_id == row.id)
    _numbers(session, row, fact)
    if new:
        duplicates.look(session, [row])
    for event in sorted(_stops(row) - before):
        tell(session, row.id, event, record=f"Patient/{fact.ehr_id}")
    return row


def mirror_all(session: Session, facts: Sequence[PatientFact]) -> None:
    """Mirror many: those new to us in a few statements, those known one by one, since what changed may stop programs."""
    newest = {fact.ehr_id: fact for fact in facts}
    known = select(Patient.ehr_id, Patient.mrn_hash).where(
        Patient.org_id == org_of(session), or_(Patient.ehr_id.in_(newest), Patient.ehr_id.startswith(LISTED))
    )
    found = session.execute(known).all()
    here, listed = {row.ehr_id for row in found}, {row.mrn_hash for row in found if row.ehr_id.startswith(LISTED)}

    def is_new(fact: PatientFact) -> bool:
        hashes = vault(session).lookups("mrn", fact.mrn) if fact.mrn and listed else ()
        return fact.ehr_id not in here and listed.isdisjoint(hashes)

    fresh_ones = [fact for fact in newest.values() if is_new(fact)]
    _add_all(session, fresh_ones)
    added = {fact.ehr_id for fact in fresh_ones}
    for fact in newest.values():
        if fact.ehr_id not in added:
            mirror(session, fact)


def _add_all(session: Session, facts: Sequence[PatientFact]) -> None:
    ids = new_ids(session, len(facts))
    rows = [Patient(org_id=org_of(session), id=row, ehr_id=fact.ehr_id) for row, fact in zip(ids, facts, strict=True)]
    for row, fact in zip(rows, facts, strict=True):
        _write(session, row, fact)
    session.add_all(rows)
    session.flush()
    duplicates.look(session, rows)
    said = {p.number: "no" if p.use == "home" else "unknown" for fact in facts for p in fact.phones if p.e164}
    known = numbers.add_all(session, said)
    links = [
        {
            "org_id": row.org_id, "patient_id": row.id, "number_id": known[phone.number], "rank": rank,
            "use": phone.use or "mobile",
        }
        for row, fact in zip(rows, facts, strict=True)
        for rank, phone in enumerate((p for p in fact.phones if p.e164), start=1)
    ]  # fmt: skip
    if links:
        session.execute(insert(PatientNumber).on_conflict_do_nothing(), links)


def _listed(session: Session, fact: PatientFact) -> Patient | None:
    """A patient whom a list named before the EHR did: from now on the chart's own."""
    if not fact.mrn or fact.ehr_id.startswith(LISTED):
        return None
    hashes = vault(session).lookups("mrn", fact.mrn)
    found = select(Patient).where(
        Patient.org_id == org_of(session), Patient.mrn_hash.in_(hashes), Patient.ehr_id.startswith(LISTED)
    )
    row = session.scalar(found.with_for_update())
    if row is not None:
        row.ehr_id = fact.ehr_id
    return row


def _stops(row: Patient) -> set[str]:
    """The events that the patient's row stands for, as programs hear of them."""
    standing = {
        "patient.deceased": row.deceased,
        "patient.inactive": row.active is False,
        "patient.transferred": row.transferred,
        "patient.do_not_contact": row.do_not_contact,
    }
    return {event for event, is_so in standing.items() if is_so}


def tell(session: Session, patient_id: UUID, event: str, *, record: str = "") -> None:
    """Let a patient's running programs hear of an EHR event; those that name it in `stop_on`, and those that nothing overrides, end.

    `record`: the EHR's record that says so, for the ledger.
    """
    for enrollment_id in enrollments.live_of(session, patient_id=patient_id):
        enrollments.hear(session, enrollment_id, Event(EventKind.EHR, name=event, record=record))


def fresh(session: Session, ehr_ids: list[str]) -> None:
    """The EHR was asked about these patients just now (machine time)."""
    session.execute(
        update(Patient)
        .where(Patient.org_id == org_of(session), Patient.ehr_id.in_(ehr_ids))
        .values(ehr_read_at=clock.machine())
        .execution_options(synchronize_session=False)
    )


def _write(session: Session, row: Patient, fact: PatientFact) -> None:
    keys = vault(session)

    def seal(value: str | None, column: str) -> bytes | None:
        return keys.seal(value, f"patients.{column}", row.id) if value else None

    born = fact.birth_date.isoformat() if fact.birth_date else None
    row.given, row.family = seal(fact.given or "?", "given") or b"", seal(fact.family or "?", "family") or b""
    row.mrn, row.birth_date = seal(fact.mrn, "mrn"), seal(born, "birth_date")
    row.email, row.zip = seal(fact.email, "email"), seal(fact.zip, "zip")
    row.mrn_hash = keys.lookup("mrn", fact.mrn) if fact.mrn else None
    row.name_birth_hash = (
        keys.lookup("name_birth", f"{(fact.family or '').casefold()} {born}") if fact.family and born else None
    )
    row.birth_year = fact.birth_date.year if fact.birth_date else None
    row.language = fact.language or DEFAULT_LANGUAGE
    row.zip3, row.state = (fact.zip[:3] if fact.zip else None), fact.state
    row.active, row.deceased, row.gender = fact.active, fact.deceased, fact.gender
    row.transferred = fact.transferred
    row.do_not_contact = bool(row.do_not_contact) or fact.do_not_contact  # once asked for, only a person takes it back
    row.sensitive = list(fact.sensitive)
    row.ehr_version, row.ehr_read_at = fact.version, clock.machine()


def _numbers(session: Session, row: Patient, fact: PatientFact) -> None:
    """Numbers the chart has now; opt-outs stay with the number even when the chart drops it."""
    kept: list[UUID] = []
    for rank, phone in enumerate((p for p in fact.phones if p.e164), start=1):
        textable = "no" if phone.use == "home" else "unknown"
        number = numbers.add(session, phone.number, textable=textable)
        kept.append(number.id)
        link = insert(PatientNumber).values(
            org_id=row.org_id, patient_id=row.id, number_id=number.id, rank=rank, use=phone.use or "mobile"
        )
        session.execute(
            link.on_conflict_do_update(
                index_elements=["org_id", "patient_id", "number_id"], set_={"rank": rank, "use": phone.use or "mobile"}
            )
        )
    gone = delete(PatientNumber).where(PatientNumber.org_id == row.org_id, PatientNumber.patient_id == row.id)
    session.execute(gone.where(PatientNumber.number_id.not_in(kept)) if kept else gone)
    if kept:
        _repoint(session, row, kept[0])


def _repoint(session: Session, row: Patient, number_id: UUID) -> None:
    """Programs that had no number to text get the one the chart has now."""
    session.execute(
        update(Enrollment)
        .where(
            Enrollment.org_id == row.org_id,
            Enrollment.patient_id == row.id,
            Enrollment.state != "ended",
            Enrollment.number_id.is_(None),
        )
        .values(number_id=number_id)
        .execution_options(synchronize_session=False)
    )
