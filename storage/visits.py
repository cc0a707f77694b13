"""The EHR's appointments and slots as mirrored: what a modal may show without asking the EHR, and the local hold on a slot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.ids import parse, show
from storage.db import new_id, now, org_of
from storage.tables import Appointment, Patient, Slot


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a slot is kept while it is booked: a case that a person works on, or an enrollment whose patient picked it alone."""

    kind: Literal["case", "enrollment"]
    id: UUID

    @property
    def column(self) -> str:
        """The column of a slot that says so."""
        return f"held_by_{self.kind}"

    @property
    def key(self) -> str:
        """What the promise of its EHR write is known by; a case's is its bare id."""
        return str(self.id) if self.kind == "case" else show("enr", self.id)

    @classmethod
    def of(cls, key: str) -> "Holder":
        """Who stands behind such a promise."""
        return cls("enrollment", parse("enr", key)) if key.startswith("enr_") else cls("case", UUID(key))

    def keeps(self) -> ColumnElement[bool]:
        """Whether a slot is kept for this one."""
        return Slot.held_by_case == self.id if self.kind == "case" else Slot.held_by_enrollment == self.id


def appointment(session: Session, ehr_id: str, *, lock: bool = False) -> Appointment | None:
    """The mirrored appointment, or None when the EHR has not told of it yet."""
    found = select(Appointment).where(Appointment.org_id == org_of(session), Appointment.ehr_id == ehr_id)
    return session.scalar(found.with_for_update() if lock else found)


def first_seen(session: Session, ehr_id: str, *, patient_id: UUID, status: str) -> tuple[Appointment, bool]:
    """The mirrored appointment, locked, and whether this transaction is the first to write of it.

    Our own booking and the EHR's notification of it arrive at two workers at once: one makes the row, the other waits for it.
    """
    row = appointment(session, ehr_id, lock=True)
    if row is not None:
        return row, False
    new = insert(Appointment).values(
        org_id=org_of(session), id=new_id(session), ehr_id=ehr_id, patient_id=patient_id, status=status
    )
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["org_id", "ehr_id"]).returning(Appointment.id))
    found = select(Appointment).where(Appointment.org_id == org_of(session), Appointment.ehr_id == ehr_id)
    return session.scalars(found.with_for_update()).one(), made is not None


def patient(session: Session, ehr_id: str, *, lock: bool = False) -> Patient | None:
    """The mirrored patient, or None."""
    found = select(Patient).where(Patient.org_id == org_of(session), Patient.ehr_id == ehr_id)
    return session.scalar(found.with_for_update() if lock else found)


def slot(session: Session, slot_id: UUID) -> Slot | None:
    """One mirrored slot."""
    return session.scalar(select(Slot).where(Slot.org_id == org_of(session), Slot.id == slot_id))


def free_slots(
    session: Session,
    *,
    near: datetime | None,
    until: datetime | None = None,
    most: int = 8,
    but: ColumnElement[bool] | None = None,
    begins_after: datetime | None = None,
) -> Sequence[Slot]:
    """Free slots that have not begun: inside the asked span first, then the nearest to it; without one, the next ones. In time order.

    `but` leaves out more of them; `begins_after` is the earliest start (else now).
    """
    free = [*_free(), Slot.org_id == org_of(session), Slot.start_at > (begins_after or now(session))]
    if but is not None:
        free.append(~but)
    if near is None:
        return list(session.scalars(select(Slot).where(*free).order_by(Slot.start_at, Slot.id).limit(most)))
    end = until or near
    away = func.greatest(func.extract("epoch", near - Slot.start_at), func.extract("epoch", Slot.start_at - end), 0)
    nearest = session.scalars(select(Slot).where(*free).order_by(away, Slot.start_at, Slot.id).limit(most))
    return sorted(nearest, key=lambda s: (s.start_at, s.id))


def hold(session: Session, slot_id: UUID, *, holder: Holder) -> Slot | None:
    """Keep a free slot for one holder; None when it is gone or somebody holds it. One UPDATE, so only one can."""
    return session.scalar(
        update(Slot)
        .where(
            Slot.org_id == org_of(session),
            Slot.id == slot_id,
            Slot.status == "free",
            ((Slot.held_by_case.is_(None) & Slot.held_by_enrollment.is_(None)) | holder.keeps()),
            Slot.start_at > now(session),
        )
        .values({holder.column: holder.id})
        .returning(Slot)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def held(session: Session, holder: Holder) -> Slot | None:
    """The slot kept for this holder, or None."""
    found = select(Slot).where(Slot.org_id == org_of(session), holder.keeps())
    return session.scalar(found.order_by(Slot.start_at).limit(1))


def let_go(session: Session, *, holder: Holder) -> None:
    """End the hold."""
    session.execute(
        update(Slot)
        .where(Slot.org_id == org_of(session), holder.keeps())
        .values({holder.column: None})
        .execution_options(synchronize_session=False)
    )


def use_up(session: Session, *, holder: Holder) -> None:
    """The held slot was booked: nobody is offered it again, even before the EHR is next read."""
    session.execute(
        update(Slot)
        .where(Slot.org_id == org_of(session), holder.keeps())
        .values({holder.column: None, "status": "busy"})
        .execution_options(synchronize_session=False)
    )


def is_free(slot: Slot, *, at: datetime) -> bool:
    """Whether this slot, as mirrored, may still be taken by anybody."""
    return (
        slot.status == "free" and slot.start_at > at and slot.held_by_case is None and slot.held_by_enrollment is None
    )


def _free() -> tuple[ColumnElement[bool], ...]:
    return (Slot.status == "free", Slot.held_by_case.is_(None), Slot.held_by_enrollment.is_(None))
