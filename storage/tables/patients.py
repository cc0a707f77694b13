"""The EHR's persons and the numbers they answer: opt-out, caps and inbound texts belong to the number."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class Patient(OrgRow):
    __tablename__ = "patients"
    __table_args__ = (
        org(),
        UniqueConstraint("org_id", "ehr_id"),
        Index("ix_patients_mrn", "org_id", "mrn_hash"),
        Index("ix_patients_name_birth", "org_id", "name_birth_hash"),
    )

    ehr_id: Mapped[str]
    mrn_hash: Mapped[bytes | None]
    name_birth_hash: Mapped[bytes | None]
    given: Mapped[bytes]
    family: Mapped[bytes]
    mrn: Mapped[bytes | None]
    birth_date: Mapped[bytes | None]
    email: Mapped[bytes | None]
    birth_year: Mapped[int | None]
    gender: Mapped[str | None]  # administrative, as FHIR has it
    language: Mapped[str] = mapped_column(server_default="en")
    zip3: Mapped[str | None]
    zip: Mapped[bytes | None]
    state: Mapped[str | None]
    stated_zone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    deceased: Mapped[bool] = mapped_column(server_default=text("false"))
    admitted: Mapped[bool] = mapped_column(server_default=text("false"))
    hospice: Mapped[bool] = mapped_column(server_default=text("false"))
    transferred: Mapped[bool] = mapped_column(server_default=text("false"))
    do_not_contact: Mapped[bool] = mapped_column(server_default=text("false"))
    sensitive: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))  # sud, hiv, reproductive, …
    disclosure_consent_at: Mapped[
        datetime | None
    ]  # agreed that a sensitive matter may be written to the EHR (42 CFR 2.31)
    ehr_version: Mapped[str | None]
    ehr_read_at: Mapped[datetime | None]  # machine time of the last read from the EHR
    version: Mapped[int] = mapped_column(server_default=text("1"))


class PhoneNumber(OrgRow):
    __tablename__ = "phone_numbers"
    __table_args__ = (
        org(),
        UniqueConstraint("org_id", "e164_hash"),
        Index("ix_phone_numbers_doubted", "org_id", "doubted_at", postgresql_where=text("doubted_at IS NOT NULL")),
    )

    e164_hash: Mapped[bytes]
    e164: Mapped[bytes]
    textable: Mapped[str] = mapped_column(server_default="unknown")  # yes, no, unknown
    bad_reason: Mapped[str | None]
    first_texted_at: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    doubted_at: Mapped[
        datetime | None
    ]  # somebody wrote that it is not the patient's; nothing is sent until that is settled
    version: Mapped[int] = mapped_column(server_default=text("1"))


class PatientNumber(Row):
    __tablename__ = "patient_numbers"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        Index("ix_patient_numbers_number", "org_id", "number_id"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    number_id: Mapped[UUID] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(server_default=text("1"))
    use: Mapped[str] = mapped_column(server_default="mobile")


class Consent(OrgRow):
    """Who agreed, when, how, to which wording, for what scope, for which number: all six, or it does not count (T7)."""

    __tablename__ = "consents"
    __table_args__ = (org(), to("number_id", "phone_numbers"), Index("ix_consents_number", "org_id", "number_id"))

    number_id: Mapped[UUID]
    who: Mapped[str]
    given_at: Mapped[datetime]
    how: Mapped[str]
    wording: Mapped[str]
    scope: Mapped[str]
    consent_class: Mapped[str] = mapped_column(server_default="care")  # care, marketing
    written: Mapped[bool] = mapped_column(server_default=text("false"))
    recorded_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]


class Suppression(OrgRow):
    __tablename__ = "suppressions"
    __table_args__ = (
        org(),
        to("number_id", "phone_numbers"),
        Index(
            "uq_suppressions_live",
            "org_id",
            "number_id",
            "channel_class",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    number_id: Mapped[UUID]
    channel_class: Mapped[str] = mapped_column(server_default="text")  # text, text.marketing
    scope: Mapped[str] = mapped_column(server_default="all")  # all, marketing
    source: Mapped[str]  # keyword, natural, carrier, wrong_number, staff
    message_id: Mapped[UUID | None]
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
