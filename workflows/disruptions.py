"""A provider who is out or a site that is closed for a day: reminders of its visits stop at once, and each patient is offered another time.

An agent asks, a manager approves what the preview counted. Soonest visits are told first; who stays silent is called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger, notices, numbers, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Disruption, Enrollment, Patient, PatientNumber, ProgramRow, Site, Slot
from workflows import enrollments, surroundings, triggers
from workflows.effects import Event, EventKind
from workflows.roles import Verb, demand
from workflows.staff import Who

PROGRAM = "disrupted"
EVENT = "visit.disrupted"
LOOK_AHEAD = timedelta(days=14)  # free times further off are no comfort
TELL_BEFORE = timedelta(hours=48)  # whoever's visit is nearer is told at once, whatever is free
WAVE_EVERY = timedelta(hours=1)
OFFERS_EACH = 3  # times that one patient is usually offered
BATCH = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind`: provider or site; `key`: its id in the EHR; `label`: as staff call it."""

    kind: str
    key: str
    label: str
    day: date
    reason: str


def providers(session: Session) -> list[tuple[str, str]]:
    """(id in the EHR, name) of everybody with booked visits from today on."""
    name = select(func.max(Slot.practitioner_name)).where(
        Slot.org_id == Appointment.org_id, Slot.practitioner == Appointment.practitioner
    )
    found = (
        select(Appointment.practitioner, name.correlate(Appointment).scalar_subquery().label("name"))
        .where(
            Appointment.org_id == org_of(session),
            Appointment.status == "booked",
            Appointment.start_at > now(session),
            Appointment.practitioner.is_not(None),
        )
        .distinct()
    )
    return sorted(
        ((row.practitioner, row.name or row.practitioner) for row in session.execute(found)), key=lambda pair: pair[1]
    )


def sites(session: Session) -> list[tuple[str, str]]:
    """(id in the EHR, name) of the sites."""
    found = session.scalars(select(Site).where(Site.org_id == org_of(session), Site.ehr_id.is_not(None)))
    return sorted(((site.ehr_id or "", site.name) for site in found), key=lambda pair: pair[1])


def propose(session: Session, asked: Asked, *, by: Who) -> Disruption:
    """Write the request down with what it would touch, for a manager to approve. Refused when no booked visit is affected."""
    demand(by.role, Verb.STOP)
    if not asked.reason.strip():
        raise Refused("Say why, in a few words without patient names. Nothing was changed.")
    hit = affected(session, asked.kind, asked.key, asked.day)
    if not hit:
        raise Refused(f"{asked.label} has no booked visit left on {asked.day:%b %-d}. Nothing was changed.")
    row = Disruption(
        org_id=org_of(session),
        kind=asked.kind,
        key=asked.key,
        label=asked.label,
        day=asked.day,
        reason=asked.reason.strip()[:200],
        asked_by_id=by.id,
        asked_at=now(session),
        counts=_counts(session, hit),
    )
    session.add(row)
    session.flush()
    subject = ("disruption", show("dis", row.id))
    audit.record(session, "disruption.proposed", actor=by.actor, subject=subject, kind=asked.kind, visits=len(hit))
    notices.tell_teams(session, "disruption", row.id)
    return row


def approve(session: Session, disruption_id: UUID, *, by: Who) -> Disruption:
    """Stop every program about these visits now, and promise the offers. Refused when it was approved before."""
    demand(by.role, Verb.LAUNCH)
    row = session.scalar(
        update(Disruption)
        .where(Disruption.org_id == org_of(session), Disruption.id == disruption_id, Disruption.approved_at.is_(None))
        .values(approved_by_id=by.id, approved_at=now(session))
        .returning(Disruption)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if row is None:
        raise Refused("That was approved a moment ago. Nothing was done twice.")
    stopped = _stop(session, affected(session, row.kind, row.key, row.day))
    subject = ("disruption", show("dis", row.id))
    audit.record(session, "disruption.approved", actor=by.actor, subject=subject, stopped=stopped)
    outbox.put(session, Topic.DISRUPTION_START, row.id, lane=Lane.ACTIONS)
    notices.tell_teams(session, "disruption", row.id)
    return row


def start(session: Session, disruption_id: UUID, *, most: int = BATCH) -> int:
    """Enrol the next of its patients through the trigger path, soonest visits first; how many were left, 0 when all are in."""
    row = get(session, disruption_id)
    if row.approved_at is None or row.started_at is not None:
        return 0
    hit = affected(session, row.kind, row.key, row.day)
    begins = spread([visit.start_at for visit in hit if visit.start_at], free=_free(session), at=row.approved_at)
    waiting = [(v, at) for v, at in zip(hit, begins, strict=True) if not _said(session, row, v)]
    for visit, at in waiting[:most]:
        triggers.record(
            session,
            triggers.Heard(
                source="staff", external_id=_key(row, visit), kind=EVENT, occurred_at=row.approved_at,
                owner=f"staff:{row.approved_by_id}", patient_id=visit.patient_id, appointment_id=visit.id,
                context={"reason": row.reason, "population": f"{row.kind} {row.key} {row.day}", "disruption": show("dis", row.id)},
                site=visit.location, starts_at=at,
            ),
        )  # fmt: skip
    if len(waiting) <= most:
        row.started_at = now(session)
    session.flush()
    return max(0, len(waiting) - most)


def get(session: Session, disruption_id: UUID) -> Disruption:
    """One disruption. Refused when there is none."""
    found = session.scalar(
        select(Disruption).where(Disruption.org_id == org_of(session), Disruption.id == disruption_id)
    )
    if found is None:
        raise Refused("There is no such request here.")
    return found


def covers(session: Session, visit: Appointment) -> bool:
    """Whether this visit could not take place because of us: then missing it is nobody's no-show."""
    if visit.start_at is None:
        return False
    days = {visit.start_at.astimezone(zone).date() for zone in _zones(session).values()}
    found = select(Disruption.id).where(
        Disruption.org_id == org_of(session),
        Disruption.approved_at.is_not(None),
        Disruption.day.in_(days),
        Disruption.key.in_([key for key in (visit.practitioner, visit.location) if key]),
    )
    return session.scalar(found.limit(1)) is not None


def moves(session: Session, enrollment: Enrollment) -> bool:
    """Whether an enrollment moves a visit that cannot take place, so that any new booking ends it."""
    found = select(ProgramRow.code).where(
        ProgramRow.org_id == org_of(session), ProgramRow.id == enrollment.program_id, ProgramRow.code == PROGRAM
    )
    return session.scalar(found) is not None


def affected(session: Session, kind: str, key: str, day: date) -> Sequence[Appointment]:
    """Booked visits of a provider or a site on a local day that have not begun, soonest first."""
    zones = _zones(session)
    zone = zones.get(key if kind == "site" else None) or zones[None]
    begins, ends = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
    column = Appointment.practitioner if kind == "provider" else Appointment.location
    found = select(Appointment).where(
        Appointment.org_id == org_of(session),
        Appointment.status == "booked",
        column == key,
        Appointment.start_at >= max(begins, now(session)),
        Appointment.start_at < ends,
    )
    return session.scalars(found.order_by(Appointment.start_at, Appointment.id)).all()


def spread(visits: Sequence[datetime], *, free: int, at: datetime) -> list[datetime]:
    """When each patient is told (UTC), for visits in their order: as many an hour as there are times to offer, the near ones at once."""
    size = max(1, free // OFFERS_EACH)
    waves = (at + WAVE_EVERY * (place // size) for place in range(len(visits)))
    return [
        at if start - at <= TELL_BEFORE else min(wave, start - TELL_BEFORE)
        for start, wave in zip(visits, waves, strict=True)
    ]


def _stop(session: Session, hit: Sequence[Appointment]) -> int:
    """End whatever program speaks about these visits; its texts that have not left never will."""
    mine = select(ProgramRow.id).where(ProgramRow.org_id == org_of(session), ProgramRow.code == PROGRAM)
    about = (
        (Enrollment.org_id == org_of(session))
        & Enrollment.appointment_id.in_([visit.id for visit in hit])
        & (Enrollment.state != "ended")
        & Enrollment.program_id.not_in(mine)
    )
    phones = session.scalars(select(Enrollment.number_id).where(about).distinct())
    numbers.lock_all(session, [phone for phone in phones if phone])
    rows = session.scalars(select(Enrollment).where(about).order_by(Enrollment.id).with_for_update()).all()
    if rows:
        moves = enrollments.Moves(session, rows)
        for row in rows:
            moves.take(row, Event(EventKind.OPERATOR, name="withdrawn"))
        moves.write()
        ledger.write(session, [ledger.Line("stopped", "visit.disrupted", row.id) for row in rows])
    return len(rows)


def _counts(session: Session, hit: Sequence[Appointment]) -> dict[str, Any]:
    people = {visit.patient_id for visit in hit}
    phones = select(PatientNumber.patient_id, PatientNumber.number_id).where(
        PatientNumber.org_id == org_of(session), PatientNumber.patient_id.in_(people)
    )
    pairs = [(row.patient_id, row.number_id) for row in session.execute(phones)]
    ids = [number for _, number in pairs]
    may = set(numbers.consented(session, ids)) - set(numbers.suppressed(session, ids))
    textable = {patient for patient, number in pairs if number in may}
    spanish = select(func.count()).where(
        Patient.org_id == org_of(session), Patient.id.in_(people), Patient.language == "es"
    )
    running = select(func.count()).where(
        Enrollment.org_id == org_of(session),
        Enrollment.appointment_id.in_([visit.id for visit in hit]),
        Enrollment.state != "ended",
    )
    first, last = hit[0].start_at, hit[-1].start_at
    return {
        "visits": len(hit), "patients": len(people), "textable": len(textable), "to_call": len(people - textable),
        "spanish": session.scalar(spanish) or 0, "reminders": session.scalar(running) or 0, "free_slots": _free(session),
        "first": first.isoformat() if first else None, "last": last.isoformat() if last else None,
    }  # fmt: skip


def _free(session: Session) -> int:
    found = select(func.count()).where(
        Slot.org_id == org_of(session),
        Slot.status == "free",
        Slot.held_by_case.is_(None),
        Slot.start_at > now(session),
        Slot.start_at < now(session) + LOOK_AHEAD,
    )
    return session.scalar(found) or 0


def _key(row: Disruption, visit: Appointment) -> str:
    return f"{show('dis', row.id)}:{visit.ehr_id}"


def _said(session: Session, row: Disruption, visit: Appointment) -> bool:
    return triggers.said_before(session, "staff", _key(row, visit)) is not None


def _zones(session: Session) -> dict[str | None, ZoneInfo]:
    """Zones by the EHR's id of a site, the organisation's own under None."""
    found = session.scalars(select(Site).where(Site.org_id == org_of(session)))
    known: dict[str | None, ZoneInfo] = {site.ehr_id: ZoneInfo(site.zone) for site in found}
    return known | {None: ZoneInfo(surroundings.organisation_of(session).zone)}
