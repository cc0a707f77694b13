"""Digests that were promised to a channel or a person: one a week each."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org


class DigestPost(OrgRow):
    """One week's digest in one channel (a person's account for a direct message). `week` is the Monday of the week it was due in."""

    __tablename__ = "digest_posts"
    __table_args__ = (org(), UniqueConstraint("org_id", "workspace", "channel", "week"))

    workspace: Mapped[str]
    channel: Mapped[str]
    week: Mapped[date]
    receiver: Mapped[str]  # managers, or a team's code
    promised_at: Mapped[datetime]
    posting_since: Mapped[datetime | None]  # machine time: a first post may have been lost since
    ts: Mapped[str | None]
    parts: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))  # of its thread, told already
