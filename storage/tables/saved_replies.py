"""Words for patients that staff pick instead of writing them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class SavedReply(OrgRow):
    """One wording, never changed; of a key at most one is offered and one waits for approval."""

    __tablename__ = "saved_replies"
    __table_args__ = (
        org(),
        to("proposed_by_id", "staff"),
        to("decided_by_id", "staff"),
        Index("uq_saved_replies_offered", "org_id", "key", unique=True, postgresql_where=text("state = 'approved'")),
        Index("uq_saved_replies_waiting", "org_id", "key", unique=True, postgresql_where=text("state = 'proposed'")),
    )

    key: Mapped[str]
    title: Mapped[str]
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)  # by language
    state: Mapped[str]  # proposed, approved, withdrawn, replaced
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[UUID | None]  # None: from a file
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None]
    approved_by: Mapped[str | None]  # as a file says it
