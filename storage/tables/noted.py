"""Messages of a team's channel that somebody wants to make a case of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.tables.columns import OrgRow, org, to


class NotedMessage(OrgRow):
    """One Slack message, by channel and ts; its text is sealed and goes with the row when no case comes of it within a day."""

    __tablename__ = "noted_messages"
    __table_args__ = (
        org(),
        to("staff_id", "staff"),
        to("case_id", "cases"),
        UniqueConstraint("org_id", "channel", "ts"),
    )

    channel: Mapped[str]
    ts: Mapped[str]
    body: Mapped[bytes | None]
    staff_id: Mapped[UUID]
    noted_at: Mapped[datetime]
    case_id: Mapped[UUID | None]
