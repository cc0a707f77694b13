"""What the EHR says, mirrored, and what Careloop wrote there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class Appointment(OrgRow):
    __tablename__ = "appointments"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        UniqueConstraint("org_id", "ehr_id"),
        Index("ix_appointments_patient", "org_id", "patient_id", "start_at"),
    )

    ehr_id: Mapped[str]
    patient_id: Mapped[UUID]
    status: Mapped[str]
    start_at: Mapped[datetime | None]
    end_at: Mapped[datetime | None]
    kind: Mapped[str | None]
    practitioner: Mapped[str | None]
    location: Mapped[str | None]
    slot_ehr_id: Mapped[str | None]
    ehr_version: Mapped[str | None]
    ehr_updated_at: Mapped[datetime | None]
    ehr_read_at: Mapped[datetime | None]  # machine time
    booked_by_case: Mapped[UUID | None]
    booked_by_enrollment: Mapped[UUID | None]  # the patient picked the time alone


class Slot(OrgRow):
    __tablename__ = "slots"
    __table_args__ = (
        org(),
        UniqueConstraint("org_id", "ehr_id"),
        Index("ix_slots_free", "org_id", "status", "start_at"),
    )

    ehr_id: Mapped[str]
    schedule: Mapped[str]
    practitioner: Mapped[str | None]
    practitioner_name: Mapped[str | None]  # as staff say it
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    status: Mapped[str]
    ehr_version: Mapped[str | None]
    ehr_read_at: Mapped[datetime | None]
    held_by_case: Mapped[UUID | None]
    held_by_enrollment: Mapped[UUID | None]


class EhrLink(OrgRow):
    """Our row's counterpart in the EHR, with the version we last saw there."""

    __tablename__ = "ehr_links"
    __table_args__ = (org(), UniqueConstraint("org_id", "kind", "local_id"))

    kind: Mapped[str]  # case_task, booking
    local_id: Mapped[UUID]
    resource: Mapped[str]
    ehr_id: Mapped[str]
    version: Mapped[str | None]
    read_back_at: Mapped[datetime | None]


class EhrFeed(Row):
    """How far the polling of one resource type has come: the highest lastUpdated seen, never our own now."""

    __tablename__ = "ehr_feeds"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    resource: Mapped[str] = mapped_column(primary_key=True)
    watermark: Mapped[datetime | None]
    read_at: Mapped[datetime | None]  # machine time
    refused_at: Mapped[datetime | None]  # machine time: the server said that it does not serve this type


class Receipt(Row):
    """Stored once: an outside event is known by its source and its id there."""

    __tablename__ = "receipts"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]


class Event(OrgRow):
    """Append-only: what a source said, sealed."""

    __tablename__ = "events"
    __table_args__ = (org(), Index("ix_events_source", "org_id", "source", "external_id"))

    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    payload: Mapped[bytes]
