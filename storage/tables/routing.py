"""Which team gets which case, and what the table has no line for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class RoutingRule(OrgRow):
    """One line of the routing table. What is NULL fits anything; without a team it is the team that the case asks for."""

    __tablename__ = "routing_rules"
    __table_args__ = (
        org(),
        to("site_id", "sites"),
        to("team_id", "teams"),
        to("backup_id", "teams"),
        UniqueConstraint(
            "org_id", "kind", "program", "site_id", "language", "hours", postgresql_nulls_not_distinct=True
        ),
    )

    kind: Mapped[str | None]
    program: Mapped[str | None]  # its code
    site_id: Mapped[UUID | None]
    language: Mapped[str | None]
    hours: Mapped[str] = mapped_column(server_default="any")  # in, out, any: of the team that the case asks for
    team_id: Mapped[UUID | None]
    backup_id: Mapped[UUID | None]


class RoutingGap(OrgRow):
    """A combination that came up and has no line: an admin is told once. `told_at` is business time."""

    __tablename__ = "routing_gaps"
    __table_args__ = (
        org(),
        to("site_id", "sites"),
        UniqueConstraint(
            "org_id", "kind", "program", "site_id", "language", "hours", postgresql_nulls_not_distinct=True
        ),
        Index("ix_routing_gaps_untold", "org_id", "first_at", postgresql_where=text("told_at IS NULL")),
    )

    kind: Mapped[str]
    program: Mapped[str | None]
    site_id: Mapped[UUID | None]
    language: Mapped[str | None]
    hours: Mapped[str]
    first_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
