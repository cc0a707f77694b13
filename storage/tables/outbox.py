"""Promised outside effects, and the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgLine, Row, org


class OutboxRow(OrgLine):
    __tablename__ = "outbox"
    __table_args__ = (
        org(),
        Index("uq_outbox_due", "org_id", "topic", "key", unique=True, postgresql_where=text("state = 'due'")),
        Index("ix_outbox_due", "lane", "not_before", postgresql_where=text("state = 'due'")),
        Index("ix_outbox_leased", "org_id", "topic", "key", postgresql_where=text("state = 'leased'")),
    )

    topic: Mapped[str]
    key: Mapped[str]
    lane: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default="due")  # due, leased, done, dead
    not_before: Mapped[datetime]  # machine time
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None]  # a code, never a vendor's text


class AuditRow(OrgLine):
    """Who did what to which record, in codes. The app may insert and read; nothing else."""

    __tablename__ = "audit"
    __table_args__ = (org(), Index("ix_audit_subject", "org_id", "subject_kind", "subject_id"))

    at: Mapped[datetime]
    machine_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]  # staff:…, patient, system, ehr, provider
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class AuditSeal(Row):
    """The hash chain over audit rows, sealed in order per organisation by the clock."""

    __tablename__ = "audit_seals"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    from_id: Mapped[int] = mapped_column(BigInteger)
    to_id: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int]
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
