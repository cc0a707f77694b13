"""One approved launch of a program over a frozen cohort, and what a manager may raise for it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to

campaign_numbers = Sequence("campaign_numbers", start=1, metadata=Row.metadata)


class Campaign(OrgRow):
    __tablename__ = "campaigns"
    __table_args__ = (
        org(),
        to("program_id", "programs"),
        to("cohort_id", "cohorts"),
        to("cohort_run_id", "cohort_runs"),
        to("team_id", "teams"),
        to("created_by", "staff"),
        to("launched_by", "staff"),
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("org_id", "series_id", "run"),
        Index("ix_campaigns_live", "org_id", "state", postgresql_where=text("state NOT IN ('stopped', 'done')")),
        Index("ix_campaigns_next", "org_id", "next_run_at", postgresql_where=text("next_run_at IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(BigInteger, campaign_numbers, server_default=campaign_numbers.next_value())
    program_id: Mapped[UUID]
    version_ids: Mapped[
        list[str]
    ]  # the approved wordings, published versions of the program; more than one is an A/B test
    cohort_id: Mapped[UUID]
    cohort_run_id: Mapped[UUID | None]  # what was frozen
    team_id: Mapped[UUID]  # who takes the replies, and whose channel shows the card
    reason: Mapped[str]
    population: Mapped[str]  # named by the launcher, in words
    state: Mapped[str]  # draft, previewed, approved, launching, running, paused, stopped, done
    state_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # when the rows had followed the state
    seed: Mapped[int] = mapped_column(BigInteger)  # of the holdout, the wording and the order
    holdout: Mapped[float] = mapped_column(server_default=text("0"))  # share that is not contacted, 0 to 1
    re_entry_days: Mapped[int] = mapped_column(server_default=text("90"))
    plan: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))  # the preview, counts and codes
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    launched_by: Mapped[UUID | None]
    launched_at: Mapped[datetime | None]
    paused_for: Mapped[str | None]  # a code: by hand, or the threshold that was crossed
    ended_at: Mapped[datetime | None]
    repeat_days: Mapped[int | None]
    series_id: Mapped[UUID | None]  # the first campaign of a recurring one
    run: Mapped[int] = mapped_column(server_default=text("1"))
    next_run_at: Mapped[datetime | None]
    tended_at: Mapped[datetime | None]  # machine time of the last look at its numbers
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CampaignMember(Row):
    """One patient of the frozen cohort, with the verdict at the freeze and what the launch made of it."""

    __tablename__ = "campaign_members"
    __table_args__ = (
        org(),
        to("campaign_id", "campaigns"),
        to("patient_id", "patients"),
        to("number_id", "phone_numbers"),
        to("enrollment_id", "enrollments"),
        to("version_id", "program_versions"),
        Index("ix_campaign_members_patient", "org_id", "patient_id"),
        Index(
            "ix_campaign_members_to_launch",
            "org_id",
            "campaign_id",
            "wave",
            postgresql_where=text("wave IS NOT NULL AND enrollment_id IS NULL"),
        ),
        Index("ix_campaign_members_wave", "org_id", "wave_on", postgresql_where=text("wave_on IS NOT NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    number_id: Mapped[UUID | None]
    verdict: Mapped[str]  # eligible, call (no text in the patient's language: an interpreter calls), excluded
    reason: Mapped[str | None]
    holdout: Mapped[bool] = mapped_column(server_default=text("false"))
    version_id: Mapped[UUID | None]  # the wording
    place: Mapped[str | None]  # whose text windows bind: zones and states, a key of the campaign's plan
    wave: Mapped[int | None]  # the how-manieth day it begins; None: it does not
    wave_on: Mapped[date | None]  # from the launch on
    held_wake_at: Mapped[datetime | None]  # while paused: when it would have moved
    enrollment_id: Mapped[UUID | None]


class CampaignApproval(OrgRow):
    """A second person's yes to a preview, as it was then."""

    __tablename__ = "campaign_approvals"
    __table_args__ = (
        org(),
        to("campaign_id", "campaigns"),
        to("staff_id", "staff"),
        Index("ix_campaign_approvals_campaign", "org_id", "campaign_id"),
    )

    campaign_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    at: Mapped[datetime]
    contacted: Mapped[int]  # how many patients they said yes to


class CapRaise(OrgRow):
    """A manager let a program text a number more often for a while: who, when, why, until (T6)."""

    __tablename__ = "cap_raises"
    __table_args__ = (
        org(),
        to("program_id", "programs"),
        to("staff_id", "staff"),
        Index("ix_cap_raises_program", "org_id", "program_id", "until"),
    )

    program_id: Mapped[UUID]
    cap: Mapped[str]  # day, week
    most: Mapped[int]
    reason: Mapped[str]
    staff_id: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime]
