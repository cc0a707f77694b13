"""What people did with a case beyond its states: steps that can be taken back for a minute, and calls they logged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class Undo(OrgRow):
    """One step of one person, with the case as it was before. `pending`: what follows a closing waits until `until`."""

    __tablename__ = "undos"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        Index("ix_undos_pending", "org_id", "until", postgresql_where=text("pending")),
    )

    case_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    what: Mapped[str]  # released, reassigned, snoozed, waiting, escalated, closed
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)  # the case's columns, ids and times only
    version: Mapped[int]  # of the case, right after the step
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    pending: Mapped[bool] = mapped_column(server_default=text("false"))


class CaseCall(OrgRow):
    """Append-only: one call about a case that a person made or took, in codes."""

    __tablename__ = "case_calls"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        Index("ix_case_calls_case", "org_id", "case_id"),
    )

    case_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    at: Mapped[datetime]
    result: Mapped[str]  # reached, voicemail, no_answer, busy, wrong_number, they_called, dialled
    reason: Mapped[str | None]  # why they called
