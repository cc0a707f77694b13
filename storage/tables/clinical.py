"""The clinical part of the chart as mirrored: one row a record whatever its FHIR type, its codes beside it so that SQL can find them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class ClinicalRecord(OrgRow):
    """A Condition, Observation, Encounter or Procedure. Codes, dates and numbers only: no narrative ever comes here."""

    __tablename__ = "clinical_records"
    __table_args__ = (
        org(),
        to("patient_id", "patients"),
        UniqueConstraint("org_id", "resource", "ehr_id"),
        Index("ix_clinical_records_patient", "org_id", "patient_id", "resource", "at"),
        Index("ix_clinical_records_class", "org_id", "resource", "class", "at"),
    )

    resource: Mapped[str]
    ehr_id: Mapped[str]
    patient_id: Mapped[UUID]
    status: Mapped[str]
    class_code: Mapped[str | None] = mapped_column("class", Text())  # of an Encounter: AMB, IMP, EMER …
    at: Mapped[datetime | None]  # onset, effective, start, performed: what a rule means by its date
    until: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    value: Mapped[float | None]
    unit: Mapped[str | None]
    disposition: Mapped[str | None]  # how a stay ended
    within_ehr_id: Mapped[str | None]  # the Encounter that it belongs to
    ehr_version: Mapped[str | None]
    ehr_updated_at: Mapped[datetime | None]
    read_at: Mapped[datetime]  # machine time


class ClinicalCode(Row):
    """One coding of a record. Byte order, so that a prefix is a range of the index (docs/adr/0013)."""

    __tablename__ = "clinical_codes"
    __table_args__ = (
        org(),
        ForeignKeyConstraint(
            ["org_id", "record_id"], ["clinical_records.org_id", "clinical_records.id"], ondelete="CASCADE"
        ),
        Index("ix_clinical_codes_code", "org_id", "system", "code", "record_id"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    code: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
