"""What staff do for a patient who is on the phone: stop all texts, stop one program, a new number, another language.

What the chart keeps is the chart's: there a case asks for it. Each of these is safe to do twice.
"""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, numbers
from storage.db import vault
from storage.tables import Case, Patient
from workflows import cases, consent, enrollments, languages, lookup, pausing
from workflows.patients import LISTED
from workflows.staff import Who

WHO = {"patient": "The patient", "representative": "Somebody who may speak for the patient"}
HOW = {"pause": "Pause it: it can go on later", "end": "End it: the patient is out of the program"}
LANGUAGES = {code: name for code, name in languages.NAMES.items() if code != "other"}
DUE = "1 business day"
STALE = "This form is out of date. Nothing was changed. Find the patient again."


def stop_texts(session: Session, patient_id: UUID, *, said_by: str, by: Who) -> str:
    """Opt every number of hers out on a person's word, at once, and end what runs for her; what became of it, in words."""
    lookup.allowed(by)
    if said_by not in WHO:
        raise Refused(STALE)
    row = lookup.patient(session, patient_id)
    held = [number.id for number in numbers.of_patient(session, row.id)]
    numbers.lock_all(session, held)
    open_yet = set(held) - numbers.suppressed(session, held)
    live = enrollments.live_of(session, patient_id=row.id)
    if not open_yet and not live:
        return "Texts were stopped already. Nothing was changed."
    for number_id in sorted(open_yet):
        consent.withdraw(session, number_id, scope="all", by=by.actor)
    enrollments.interrupt(session, enrollments.live_of(session, patient_id=row.id), "opted_out")
    audit.record(
        session, "patient.opted_out", actor=by.actor, subject=("patient", show("pat", row.id)), said_by=said_by,
        numbers=len(open_yet),
    )  # fmt: skip
    if not held:
        return "Stopped. No number is on file; the programs that ran are ended."
    return "Stopped. Nothing more is texted to the numbers on file, whoever shares them, until START comes from there."


def stop_program(session: Session, patient_id: UUID, enrollment_id: UUID, *, how: str, by: Who) -> str:
    """Pause or end one program of hers; what is true already is said."""
    lookup.allowed(by)
    if how not in HOW:
        raise Refused(STALE)
    row = enrollments.locked(session, enrollment_id)
    if row.patient_id != patient_id:
        raise Refused(STALE)
    if row.state == "ended":
        return "That program was over already. Nothing was changed."
    if how == "pause":
        if row.state == "paused":
            return pausing.STANDS.get(row.paused_for or "", pausing.ELSE)
        pausing.pause(session, enrollment_id, by=by)
        return "Paused. What the patient writes is still read."
    enrollments.withdraw(session, enrollment_id)
    audit.record(session, "enrollment.withdrawn", actor=by.actor, subject=("enrollment", show("enr", enrollment_id)))
    return "Ended. The patient is out of that program; others go on."


def new_number(session: Session, patient_id: UUID, typed: str, *, by: Who) -> str:
    """A number she told: the chart keeps numbers, so a case asks for it there. The number is in the case's sealed note alone."""
    lookup.allowed(by)
    row, e164 = lookup.patient(session, patient_id), lookup.number_in(typed)
    hers = {numbers.clear(session, number) for number in numbers.of_patient(session, row.id)}
    if e164 in hers:
        return "That number is on file already. Nothing was changed."
    key = f"lookup:{row.id}:number:{vault(session).lookup('phone', e164).hex()[:32]}"
    case = _ask_the_chart(session, row, "number_told", key, note=f"New number, told on the phone: {e164}", by=by)
    return f"Numbers belong to the chart. Case {case.number} asks for it there; texts follow when the chart has it."


def set_language(session: Session, patient_id: UUID, language: str, *, by: Who) -> str:
    """Where only a list has named her, at once; else the chart keeps it, and a case asks for it there."""
    lookup.allowed(by)
    if language not in LANGUAGES:
        raise Refused(STALE)
    row, words = lookup.patient(session, patient_id), LANGUAGES[language]
    if row.language.partition("-")[0] == language:
        return f"{words} is on file already. Nothing was changed."
    if not row.ehr_id.startswith(LISTED):
        key = f"lookup:{row.id}:language:{language}"
        note = f"Preferred language, told on the phone: {words}"
        case = _ask_the_chart(session, row, "language_told", key, note=note, by=by)
        return f"The language belongs to the chart. Case {case.number} asks for it there; texts follow when the chart has it."
    session.execute(
        update(Patient)
        .where(Patient.org_id == row.org_id, Patient.id == row.id)
        .values(language=language, version=Patient.version + 1)
    )
    audit.record(
        session, "patient.language", actor=by.actor, subject=("patient", show("pat", row.id)), language=language
    )
    return f"Kept: texts are in {words} from now on, where they exist in it."


def _ask_the_chart(session: Session, row: Patient, reason: str, key: str, *, note: str, by: Who) -> Case:
    """One open case however often it is asked; what was settled once and is told again is a new one."""
    case = _open(session, row, reason, key)
    while case.state == "closed":
        case = _open(session, row, reason, f"{key}#{case.number}")
    noted = session.scalar(
        update(Case)
        .where(Case.org_id == case.org_id, Case.id == case.id, Case.note.is_(None))
        .values(note=vault(session).seal(note, "cases.note", case.id))
        .returning(Case.id)
    )
    if noted is not None:
        audit.record(
            session, "case.made_of_call", actor=by.actor, subject=("case", show("cas", case.id)), reason=reason
        )
    return case


def _open(session: Session, row: Patient, reason: str, key: str) -> Case:
    return cases.open_one(
        session,
        cases.Opening(
            kind="chart_update", team="front_office", reason=reason, due=DUE, dedupe_key=key, patient_id=row.id
        ),
    )
