"""Steps of people on a case that can be taken back for a minute."""

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
