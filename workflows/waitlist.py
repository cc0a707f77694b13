"""A time that became free goes to those who would come sooner: a few at once, and the first who answers has it."""

from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import show
from storage import ledger, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Enrollment, Slot, WaitlistEntry
from workflows import offers, triggers
from workflows.ehr_facts import AppointmentFact

AT_ONCE = 3  # more would disappoint more than it fills
EVENT = "waitlist.offered"
STATUS = "waitlist"


def follow(session: Session, row: Appointment, fact: AppointmentFact) -> None:
    """Keep the list as the EHR has it: an Appointment with status waitlist is on it, with any other no longer."""
    if fact.status != STATUS:
        _end(session, row)
        return
    wish = {
        "patient_id": row.patient_id,
        "kind": fact.kind,
        "practitioner": fact.practitioner_ehr_id,
        "earliest": fact.wanted_from,
        "latest": fact.wanted_until,
    }
    entry = insert(WaitlistEntry).values(org_id=org_of(session), appointment_id=row.id, since=now(session), **wish)
    session.execute(entry.on_conflict_do_update(index_elements=["org_id", "appointment_id"], set_=wish))


def freed(session: Session, slot: Slot) -> None:
    """Offer a slot that was busy to the first few whose wish it fits, in the order they came onto the list."""
    if slot.start_at < now(session) + offers.LEAD:
        return
    found = (
        select(WaitlistEntry)
        .where(
            WaitlistEntry.org_id == org_of(session),
            WaitlistEntry.ended_at.is_(None),
            or_(WaitlistEntry.practitioner.is_(None), WaitlistEntry.practitioner == slot.practitioner),
            or_(WaitlistEntry.earliest.is_(None), WaitlistEntry.earliest <= slot.start_at),
            or_(WaitlistEntry.latest.is_(None), WaitlistEntry.latest >= slot.start_at),
            WaitlistEntry.appointment_id.not_in(_not_to_be_asked(session)),
        )
        .order_by(WaitlistEntry.since, WaitlistEntry.id)
        .limit(AT_ONCE)
    )
    for entry in list(session.scalars(found)):
        triggers.record(
            session,
            triggers.Heard(
                source="ehr",
                external_id=f"waitlist:{slot.ehr_id}:{slot.ehr_version}:{entry.id}",
                kind=EVENT,
                occurred_at=now(session),
                owner="ehr",
                patient_id=entry.patient_id,
                appointment_id=entry.appointment_id,
                context={"slot": show("slt", slot.id)},
            ),
        )


def look_for_free(session: Session) -> None:
    """A visit was called off: have the EHR's slots read at once, if anybody waits for one."""
    waits = select(WaitlistEntry.id).where(WaitlistEntry.org_id == org_of(session), WaitlistEntry.ended_at.is_(None))
    if session.scalar(waits.limit(1)) is not None:
        outbox.put(session, Topic.EHR_POLL, "Slot", lane=Lane.ACTIONS)


def _end(session: Session, row: Appointment) -> None:
    ended = session.scalar(
        update(WaitlistEntry)
        .where(
            WaitlistEntry.org_id == org_of(session),
            WaitlistEntry.appointment_id == row.id,
            WaitlistEntry.ended_at.is_(None),
        )
        .values(ended_at=now(session))
        .returning(WaitlistEntry.id)
        .execution_options(synchronize_session=False)
    )
    if ended is not None:
        ledger.write(session, [ledger.Line("stopped", "waitlist.off_list")])


def _not_to_be_asked(session: Session) -> Select[UUID | None]:
    """Entries about which the patient is being asked just now, or who said no to any sooner visit."""
    return select(Enrollment.appointment_id).where(
        Enrollment.org_id == org_of(session),
        Enrollment.appointment_id.is_not(None),
        or_(Enrollment.state != "ended", Enrollment.outcome == "declined"),
    )
