"""The transitional-care clock of one discharge, and the attempts people made to speak with the patient."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class ContactClock(OrgRow):
    """`due_at` ends the second business day after discharge; `warn_at` is when a case opens if nobody has tried."""

    __tablename__ = "contact_clocks"
    __table_args__ = (
        org(),
        to("enrollment_id", "enrollments"),
        to("patient_id", "patients"),
        UniqueConstraint("org_id", "enrollment_id"),
        Index("ix_contact_clocks_patient", "org_id", "patient_id"),
        Index("ix_contact_clocks_warn", "org_id", "warn_at", postgresql_where=text("warned_at IS NULL")),
    )

    enrollment_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    discharged_at: Mapped[datetime]
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    spoke_at: Mapped[datetime | None]  # the interactive contact
    spoke_by: Mapped[str | None]  # its method: phone, video, in_person


class ContactAttempt(OrgRow):
    """Append-only: one attempt by a person. Automated texts are never here."""

    __tablename__ = "contact_attempts"
    __table_args__ = (
        org(),
        to("clock_id", "contact_clocks"),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        Index("ix_contact_attempts_clock", "org_id", "clock_id"),
    )

    clock_id: Mapped[UUID]
    case_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    at: Mapped[datetime]
    method: Mapped[str]  # phone, video, in_person
    result: Mapped[str]  # spoke, left_message, no_answer
