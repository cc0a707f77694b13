"""Tenants and the people who work there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class Organisation(Row):
    __tablename__ = "organisations"

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str]
    brand: Mapped[str]  # the sender's name in every text, at most 24 characters
    phone: Mapped[str]  # as people dial it
    zone: Mapped[str]
    phi_level: Mapped[str] = mapped_column(server_default="none")
    texts_on_sunday: Mapped[bool] = mapped_column(server_default=text("false"))
    data_key: Mapped[bytes]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    lexicon_id: Mapped[UUID | None]  # the version of its own lexicon that is live
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Site(OrgRow):
    __tablename__ = "sites"
    __table_args__ = (org(), UniqueConstraint("org_id", "ehr_id"))

    name: Mapped[str]
    zone: Mapped[str]
    zip: Mapped[str | None]
    ehr_id: Mapped[str | None]


class Team(OrgRow):
    __tablename__ = "teams"
    __table_args__ = (org(), UniqueConstraint("org_id", "code"))

    code: Mapped[str]
    name: Mapped[str]
    channel_id: Mapped[str]  # the private Slack channel of this queue
    clinical: Mapped[bool] = mapped_column(server_default=text("false"))
    channel_problem: Mapped[str | None]  # why its channel takes no cards now: a code of workflows/channel_checks.py
    channel_problem_at: Mapped[datetime | None]
    channel_seen_at: Mapped[datetime | None]  # it was found private, ours alone, and the bot a member


class Staff(OrgRow):
    __tablename__ = "staff"
    __table_args__ = (org(), UniqueConstraint("org_id", "email"))

    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    phone: Mapped[bytes | None]  # E.164, sealed: where a page reaches them
    phone_hash: Mapped[bytes | None]
    left_at: Mapped[datetime | None]
    left_why: Mapped[str | None]  # why access ended: a code of workflows/departures.py
    role_by: Mapped[str] = mapped_column(server_default=text("'hand'"))  # hand, group


class StaffIdentity(OrgRow):
    __tablename__ = "staff_identities"
    __table_args__ = (org(), to("staff_id", "staff"), UniqueConstraint("org_id", "workspace", "external_id"))

    staff_id: Mapped[UUID]
    workspace: Mapped[str]
    external_id: Mapped[str]
    lost: Mapped[str | None]  # why this account gives no access, as it was seen last
    seen_at: Mapped[datetime | None]  # machine time of the sweep that met it last


class TeamMember(Row):
    __tablename__ = "team_members"
    __table_args__ = (org(), to("team_id", "teams"), to("staff_id", "staff"))

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    by_group: Mapped[bool] = mapped_column(server_default=text("false"))  # goes when the user group does not give it


class GroupMember(Row):
    """Who is in a Slack user group that gives a role, as Slack said last."""

    __tablename__ = "group_members"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)


class AccountSweep(Row):
    """How far the reading of a Slack workspace's accounts has come: a page a promise. Machine time."""

    __tablename__ = "account_sweeps"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    cursor: Mapped[str] = mapped_column(server_default=text("''"))  # of the page to read next; '' is the first
    ended_at: Mapped[datetime | None]


class Connection(OrgRow):
    """A vendor's credentials, sealed; the environment seeds the first organisation's."""

    __tablename__ = "connections"
    __table_args__ = (org(), UniqueConstraint("org_id", "kind"))

    kind: Mapped[str]
    config: Mapped[bytes]


class Route(Row):
    """Which organisation a Slack team, a sender number or a notification token belongs to. The one table without row-level security."""

    __tablename__ = "routes"
    __table_args__ = (org(),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]


class PageLink(OrgRow):
    """A one-time link to the signed-in page (5 minutes of machine time), bound to a staff member; the token itself is not kept."""

    __tablename__ = "page_links"
    __table_args__ = (org(), to("staff_id", "staff"), UniqueConstraint("org_id", "token_hash"))

    token_hash: Mapped[bytes]
    staff_id: Mapped[UUID]
    case_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PageSession(OrgRow):
    __tablename__ = "page_sessions"
    __table_args__ = (
        org(),
        to("staff_id", "staff"),
        UniqueConstraint("org_id", "token_hash"),
        Index("ix_page_sessions_expires", "org_id", "expires_at"),
    )

    token_hash: Mapped[bytes]
    staff_id: Mapped[UUID]
    expires_at: Mapped[datetime]
