"""The EHR's appointments and slots as mirrored: what a modal may show without asking the EHR, and the local hold on a slot."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Appointment, Patient, Slot


def appointment(session: Session, ehr_id: str, *, lock: bool = False) -> Appointment | None:
    """The mirrored appointment, or None when the EHR has not told of it yet."""
    found = select(Appointment).where(Appointment.org_id == org_of(session), Appointment.ehr_id == ehr_id)
    return session.scalar(found.with_for_update() if lock else found)


def patient(session: Session, ehr_id: str, *, lock: bool = False) -> Patient | None:
    """The mirrored patient, or None."""
    found = select(Patient).where(Patient.org_id == org_of(session), Patient.ehr_id == ehr_id)
    return session.scalar(found.with_for_update() if lock else found)


def slot(session: Session, slot_id: UUID) -> Slot | None:
    """One mirrored slot."""
    return session.scalar(select(Slot).where(Slot.org_id == org_of(session), Slot.id == slot_id))


def free_slots(
    session: Session, *, near: datetime | None, until: datetime | None = None, most: int = 8
) -> Sequence[Slot]:
    """Free slots that have not begun: inside the asked span first, then the nearest to it; without one, the next ones. In time order."""
    free = (
        Slot.org_id == org_of(session),
        Slot.status == "free",
        Slot.held_by_case.is_(None),
        Slot.start_at > now(session),
    )
    if near is None:
        return list(session.scalars(select(Slot).where(*free).order_by(Slot.start_at, Slot.id).limit(most)))
    end = until or near
    away = func.greatest(func.extract("epoch", near - Slot.start_at), func.extract("epoch", Slot.start_at - end), 0)
    nearest = session.scalars(select(Slot).where(*free).order_by(away, Slot.start_at, Slot.id).limit(most))
    return sorted(nearest, key=lambda s: (s.start_at, s.id))


def hold(session: Session, slot_id: UUID, *, case_id: UUID) -> Slot | None:
    """Keep a free slot for one case; None when it is gone or somebody holds it. One UPDATE, so only one case can."""
    return session.scalar(
        update(Slot)
        .where(
            Slot.org_id == org_of(session),
            Slot.id == slot_id,
            Slot.status == "free",
            Slot.held_by_case.is_(None) | (Slot.held_by_case == case_id),
            Slot.start_at > now(session),
        )
        .values(held_by_case=case_id)
        .returning(Slot)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def let_go(session: Session, *, case_id: UUID) -> None:
    """End a case's hold."""
    session.execute(
        update(Slot)
        .where(Slot.org_id == org_of(session), Slot.held_by_case == case_id)
        .values(held_by_case=None)
        .execution_options(synchronize_session=False)
    )


def use_up(session: Session, *, case_id: UUID) -> None:
    """The held slot was booked: nobody is offered it again, even before the EHR is next read."""
    session.execute(
        update(Slot)
        .where(Slot.org_id == org_of(session), Slot.held_by_case == case_id)
        .values(held_by_case=None, status="busy")
        .execution_options(synchronize_session=False)
    )
