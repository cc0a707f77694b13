"""Who was called about a case that cannot wait, and when the next one is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class Ladder(OrgRow):
    """One case that is paged until somebody has it. `stage` is the next place in its round; times are business time."""

    __tablename__ = "ladders"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        UniqueConstraint("org_id", "case_id"),
        Index("ix_ladders_due", "org_id", "next_at", postgresql_where=text("ended_at IS NULL")),
    )

    case_id: Mapped[UUID]
    round: Mapped[int] = mapped_column(server_default=text("1"))
    stage: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Rung(OrgRow):
    """One call to one person (nobody: the team's channel). `no` counts a case's calls."""

    __tablename__ = "rungs"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        UniqueConstraint("org_id", "case_id", "no"),
    )

    case_id: Mapped[UUID]
    no: Mapped[int]
    via: Mapped[str]  # channel, dm, text
    tier: Mapped[str]  # team, on_call, admin
    staff_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="promised")  # promised, reached, failed, stopped
    code: Mapped[str | None]
    promised_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
