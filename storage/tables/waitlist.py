"""Who would come sooner, as the EHR's wait list has it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class WaitlistEntry(OrgRow):
    """One wish for a sooner visit: between these instants, with this practitioner (None: any)."""

    __tablename__ = "waitlist"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("appointment_id", "appointments"),
        UniqueConstraint("org_id", "appointment_id"),
        Index("ix_waitlist_open", "org_id", "since", postgresql_where=text("ended_at IS NULL")),
    )

    patient_id: Mapped[UUID]
    appointment_id: Mapped[UUID]  # the EHR's Appointment with status waitlist
    kind: Mapped[str | None]
    practitioner: Mapped[str | None]
    earliest: Mapped[datetime | None]
    latest: Mapped[datetime | None]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
