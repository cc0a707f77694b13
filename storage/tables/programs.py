"""Programs, what triggered them, and the enrollments: the unit of every KPI."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgLine, OrgRow, org, to


class ProgramRow(OrgRow):
    __tablename__ = "programs"
    __table_args__ = (org(), UniqueConstraint("org_id", "code"))

    code: Mapped[str]
    title: Mapped[str]
    live_version_id: Mapped[UUID | None]


class ProgramVersion(OrgRow):
    """An immutable published snapshot; a running enrollment stays on its own."""

    __tablename__ = "program_versions"
    __table_args__ = (org(), to("program_id", "programs"), UniqueConstraint("org_id", "program_id", "number"))

    program_id: Mapped[UUID]
    number: Mapped[int]
    digest: Mapped[str]
    source: Mapped[str]  # the YAML as published
    published_at: Mapped[datetime]


class TriggerEvent(OrgRow):
    __tablename__ = "trigger_events"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("appointment_id", "appointments"),
        UniqueConstraint("org_id", "source", "external_id"),
    )

    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]  # appointment.noshow, appointment.booked
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    owner: Mapped[str]
    patient_id: Mapped[UUID | None]  # None: the source named somebody we do not know
    appointment_id: Mapped[UUID | None]
    site: Mapped[str | None]
    segment: Mapped[str | None]
    confidence: Mapped[float | None]  # how sure the source is of its patient, 0 to 1
    digest: Mapped[str | None]  # of what an API source said, so that the same id with other words is noticed
    context: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    verdict: Mapped[str]  # docs/triggers.md lists them


class Enrollment(OrgRow):
    __tablename__ = "enrollments"
    __table_args__ = (
        org(),
        to("version_id", "program_versions"),
        to("program_id", "programs"),
        to("patient_id", "patients"),
        to("appointment_id", "appointments"),
        to("trigger_event_id", "trigger_events"),
        to("number_id", "phone_numbers"),
        to("campaign_id", "campaigns"),
        to("pilot_id", "pilots"),
        UniqueConstraint("org_id", "program_id", "trigger_event_id"),
        Index("ix_enrollments_due", "org_id", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_enrollments_patient", "org_id", "patient_id", postgresql_where=text("state <> 'ended'")),
        Index("ix_enrollments_number", "org_id", "number_id", postgresql_where=text("state <> 'ended'")),
        Index("ix_enrollments_appointment", "org_id", "appointment_id"),
        Index(
            "ix_enrollments_booked",
            "org_id",
            "booked_appointment_id",
            postgresql_where=text("booked_appointment_id IS NOT NULL"),
        ),
        Index("ix_enrollments_campaign", "org_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
    )

    program_id: Mapped[UUID]
    version_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    number_id: Mapped[UUID | None]
    appointment_id: Mapped[UUID | None]
    trigger_event_id: Mapped[UUID | None]
    state: Mapped[str]  # active, waiting, paused, ended
    step: Mapped[str | None]
    touches: Mapped[int] = mapped_column(server_default=text("0"))
    entered_at: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    wake_local: Mapped[str | None]  # "2026-12-05 09:00 America/Chicago" for waits longer than a day
    paused_for: Mapped[str | None]
    reach: Mapped[str | None]  # of the step's own text: asked, delivered, called, lost
    choice: Mapped[int | None]  # the offered time the patient picked last
    score: Mapped[int | None]
    named_at: Mapped[datetime | None]  # the date the patient named
    routing: Mapped[str | None]
    outcome: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    booked_appointment_id: Mapped[UUID | None]  # the visit this enrollment led to; attended, it makes `recovered_at`
    recovered_at: Mapped[datetime | None]
    owner: Mapped[str]
    source: Mapped[str]
    segment: Mapped[str | None]
    site_id: Mapped[UUID | None]
    phase: Mapped[str | None]
    run_no: Mapped[int | None]
    pilot_id: Mapped[UUID | None]
    completion: Mapped[str | None]  # auto, or review when a person has the last word on how it ended
    holdout: Mapped[bool] = mapped_column(server_default=text("false"))
    campaign_id: Mapped[UUID | None]
    quarantined_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class EnrollmentStep(OrgLine):
    __tablename__ = "enrollment_steps"
    __table_args__ = (
        org(),
        to("enrollment_id", "enrollments"),
        Index("ix_enrollment_steps_enrollment", "org_id", "enrollment_id"),
    )

    enrollment_id: Mapped[UUID]
    step: Mapped[str]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    how: Mapped[str | None]
