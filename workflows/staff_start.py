"""A person starts one program for one patient (S15): with a reason and a named population, once a day, refused in plain words."""

import re
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import visits
from storage.db import now, org_of, vault
from storage.tables import Appointment, Case, Enrollment, Patient, ProgramRow
from workflows import publishing, surroundings, triggers
from workflows.admission import SAYS, STARTS, Heard
from workflows.roles import Verb, demand
from workflows.staff import Who

SOURCE = "staff"
KIND = "staff.start"
REASONS = {
    "patient_asked": "The patient asked for it",
    "care_team_asked": "The care team asked for it",
    "missed_by_feed": "The EHR's event did not arrive",
    "list_work": "From a list we work through",
    "handed_over": "Handed over from another team",
}


def programs(session: Session) -> list[tuple[str, str]]:
    """Live programs as (code, title)."""
    found = select(ProgramRow.code, ProgramRow.title).where(
        ProgramRow.org_id == org_of(session), ProgramRow.live_version_id.is_not(None)
    )
    return [(row.code, row.title) for row in session.execute(found.order_by(ProgramRow.title))]


def start(
    session: Session, program: str, patient: str, *, reason: str, population: str, by: Who, on_page: bool = False
) -> str:
    """Start it; what became of it, in words. Refused, with what is true now, when nothing was started.

    `patient` is an MRN (in Slack not at phi level none; on our own page always), an EHR id or a case number. The same start twice a day is
    one.
    """
    demand(by.role, Verb.WORK_CASE)
    segment = re.sub(r"[^a-z0-9]+", "_", population.casefold()).strip("_")
    if reason not in REASONS or not segment:
        raise Refused("Say why, and for which population. Nothing was started.")
    if not publishing.open_to(session, KIND, code=program):
        raise Refused(f"There is no live program '{program}'. Nothing was started.")
    who = _patient(session, patient, mrn=on_page or surroundings.organisation_of(session).phi_level != "none")
    _not_in_it(session, program, who)
    day = now(session).date().isoformat()
    heard = Heard(
        source=SOURCE,
        external_id=f"{program}:{who.id}:{day}",
        kind=KIND,
        occurred_at=now(session),
        owner=by.actor,
        patient_id=who.id,
        appointment_id=_visit(session, who),
        context={"reason": reason, "population": segment},
        segment=segment,
        program=program,
    )
    triggers.record(session, heard)
    said = triggers.said_before(session, SOURCE, heard.external_id)
    verdict = said.verdict if said is not None else ""
    if verdict not in STARTS:
        raise Refused(f"{SAYS.get(verdict, verdict)} Nothing was started.")
    return SAYS[verdict]


def _patient(session: Session, typed: str, *, mrn: bool) -> Patient:
    typed = typed.replace("\0", "")
    found = visits.patient(session, typed)
    if found is None and mrn:
        hashes = vault(session).lookups("mrn", typed)
        rows = list(
            session.scalars(select(Patient).where(Patient.org_id == org_of(session), Patient.mrn_hash.in_(hashes)))
        )
        if len(rows) > 1:
            raise Refused("Two charts have this number. Use the EHR id. Nothing was started.")
        found = rows[0] if rows else None
    if found is None and typed.isdecimal() and len(typed) < 10:
        found = session.scalar(
            select(Patient)
            .join(Case, (Case.org_id == Patient.org_id) & (Case.patient_id == Patient.id))
            .where(Patient.org_id == org_of(session), Case.number == int(typed))
        )
    if found is None:
        raise Refused("No patient here has this id. Check it in the EHR. Nothing was started.")
    if found.deceased or not found.active or found.do_not_contact:
        raise Refused("The chart says not to contact this patient. Nothing was started.")
    return found


def _not_in_it(session: Session, program: str, who: Patient) -> None:
    since = session.scalar(
        select(Enrollment.started_at)
        .join(ProgramRow, (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id))
        .where(
            Enrollment.org_id == org_of(session),
            Enrollment.patient_id == who.id,
            Enrollment.state != "ended",
            ProgramRow.code == program,
        )
        .limit(1)
    )
    if since is not None:
        raise Refused(f"The patient is in this program already, since {since:%b %-d}. Nothing was started.")


def _visit(session: Session, who: Patient) -> UUID | None:
    """The visit that texts may name: the next one booked."""
    return session.scalar(
        select(Appointment.id)
        .where(
            Appointment.org_id == org_of(session),
            Appointment.patient_id == who.id,
            Appointment.status == "booked",
            Appointment.start_at > now(session),
        )
        .order_by(Appointment.start_at)
        .limit(1)
    )
