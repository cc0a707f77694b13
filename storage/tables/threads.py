"""What the bot said of a patient's text in the thread of a case's card."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class ThreadPost(OrgRow):
    __tablename__ = "thread_posts"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("message_id", "messages"),
        UniqueConstraint("org_id", "case_id", "message_id"),
    )

    case_id: Mapped[UUID]
    message_id: Mapped[UUID]
    channel: Mapped[str]
    ts: Mapped[str | None]
    posting_since: Mapped[datetime]  # machine time: set before the post, so that a lost answer is looked up
    holds_body: Mapped[bool] = mapped_column(server_default=text("false"))
    removed_at: Mapped[datetime | None]  # machine time
