"""What staff stop, skip and move: halts, skipped sends, the frozen plan of a day, and visits that cannot take place."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgLine, OrgRow, org, to


class Halt(OrgRow):
    """Texts of this scope do not leave until it is lifted. `key`: a site's id, a program's code, a channel; '' for the organisation."""

    __tablename__ = "halts"
    __table_args__ = (
        org(),
        to("by_id", "staff"),
        to("lifted_by_id", "staff"),
        Index("uq_halts_live", "org_id", "scope", "key", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    scope: Mapped[str]  # organisation, site, program, channel
    key: Mapped[str]
    since: Mapped[datetime]
    by_id: Mapped[UUID]
    reason: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[UUID | None]
    lifted_reason: Mapped[str | None]


class NoticePost(OrgRow):
    """Where a notice to a team (a halt, a disruption) stands in Slack; `posting_since` is machine time, as on `card_posts`."""

    __tablename__ = "notice_posts"
    __table_args__ = (org(), UniqueConstraint("org_id", "kind", "subject_id", "channel"))

    kind: Mapped[str]
    subject_id: Mapped[UUID]
    channel: Mapped[str]
    ts: Mapped[str | None]
    posting_since: Mapped[datetime | None]


class Skip(OrgRow):
    """Program texts of one local day that shall not leave: of a program, an hour, a site, one enrollment, or what they share."""

    __tablename__ = "skips"
    __table_args__ = (
        org(),
        to("program_id", "programs"),
        to("site_id", "sites"),
        to("enrollment_id", "enrollments"),
        to("by_id", "staff"),
        Index("ix_skips_day", "org_id", "day"),
    )

    day: Mapped[date]  # the organisation's local day
    program_id: Mapped[UUID | None]
    hour: Mapped[int | None]  # local to the organisation, 0-23
    site_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None]
    by_id: Mapped[UUID]
    at: Mapped[datetime]
    reason: Mapped[str]


class PlanSnapshot(OrgRow):
    """The sends of one local day as they were foreseen, frozen once: what the day is compared with afterwards."""

    __tablename__ = "plan_snapshots"
    __table_args__ = (org(), UniqueConstraint("org_id", "day"))

    day: Mapped[date]
    taken_at: Mapped[datetime]
    taken_by: Mapped[str]


class PlanItem(OrgLine):
    """One foreseen text. `expected` is the rule that is expected to hold it, None when it is expected to leave."""

    __tablename__ = "plan_items"
    __table_args__ = (
        org(),
        to("snapshot_id", "plan_snapshots"),
        to("enrollment_id", "enrollments"),
        to("program_id", "programs"),
        to("site_id", "sites"),
        UniqueConstraint("org_id", "snapshot_id", "enrollment_id"),
    )

    snapshot_id: Mapped[UUID]
    enrollment_id: Mapped[UUID]
    program_id: Mapped[UUID]
    site_id: Mapped[UUID | None]
    step: Mapped[str]
    at: Mapped[datetime]
    hour: Mapped[int]
    expected: Mapped[str | None]


class Disruption(OrgRow):
    """A provider who is out, or a site that is closed, on one local day: its visits are moved once a manager approves."""

    __tablename__ = "disruptions"
    __table_args__ = (
        org(),
        to("asked_by_id", "staff"),
        to("approved_by_id", "staff"),
        Index("ix_disruptions_day", "org_id", "day"),
    )

    kind: Mapped[str]  # provider, site
    key: Mapped[str]  # the practitioner's or the location's id in the EHR
    label: Mapped[str]
    day: Mapped[date]
    reason: Mapped[str]
    asked_by_id: Mapped[UUID]
    asked_at: Mapped[datetime]
    approved_by_id: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]  # when its patients were enrolled
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
