"""Cohorts: a rule or a list that selects patients, and what each evaluation found."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class Cohort(OrgRow):
    __tablename__ = "cohorts"
    __table_args__ = (org(), UniqueConstraint("org_id", "code"))

    code: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]  # rule, csv, group
    source: Mapped[str | None]  # a rule's YAML as it stands
    made_at: Mapped[datetime]
    made_by: Mapped[str]  # "system", "staff:<uuid>"


class CohortEntry(Row):
    """A patient on a list that somebody gave (CSV, FHIR Group)."""

    __tablename__ = "cohort_entries"
    __table_args__ = (org(), to("cohort_id", "cohorts"), to("patient_id", "patients"))

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    cohort_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    match_confidence: Mapped[str] = mapped_column(server_default="sure")  # sure, low (S104)
    row_no: Mapped[int | None]


class CohortRun(OrgRow):
    """One evaluation: who belongs clinically. Whether they may be contacted is asked later (campaign preview, gate)."""

    __tablename__ = "cohort_runs"
    __table_args__ = (org(), to("cohort_id", "cohorts"), Index("ix_cohort_runs_cohort", "org_id", "cohort_id"))

    cohort_id: Mapped[UUID]
    evaluated_at: Mapped[datetime]
    source: Mapped[str | None]  # the rule as it was then
    funnel: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class CohortMember(Row):
    """A patient who met every requirement of a run: in it, or out for the reason given, with the records that decided.

    Those beyond `max_size` are counted in the funnel only; the rows of those who are out go after a week.
    """

    __tablename__ = "cohort_members"
    __table_args__ = (
        org(),
        to("run_id", "cohort_runs"),
        ForeignKeyConstraint(["org_id", "patient_id"], ["patients.org_id", "patients.id"]),
        Index("ix_cohort_members_patient", "org_id", "patient_id"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    verdict: Mapped[str]  # in, out
    reason: Mapped[str | None]  # of an "out": exclude.<name>, hospice, admitted, live, reentry, stale
    match_confidence: Mapped[str] = mapped_column(server_default="sure")
    evidence: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class CohortUpload(OrgRow):
    """A file that was read once: its hash makes a second upload the same upload. The file itself is sealed and dropped after a while."""

    __tablename__ = "cohort_uploads"
    __table_args__ = (
        org(),
        to("cohort_id", "cohorts"),
        UniqueConstraint("org_id", "source", "sha256"),
        Index("ix_cohort_uploads_kept", "org_id", "drop_at", postgresql_where=text("raw IS NOT NULL")),
    )

    cohort_id: Mapped[UUID]
    source: Mapped[str]  # the list's own name: "billing-export"
    sha256: Mapped[bytes]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    counts: Mapped[dict[str, Any]]
    raw: Mapped[bytes | None]
    drop_at: Mapped[datetime]


class CohortSource(Row):
    """Which header of a source's files means which field, as it was last used."""

    __tablename__ = "cohort_sources"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    headers: Mapped[dict[str, Any]]
