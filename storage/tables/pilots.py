"""The pilot gate: how far one program is with one source, segment and site, and what reviewers said of its runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, org, to


class Pilot(OrgRow):
    """`segment` and `site` are '' where the trigger names none. `runs` counts runs given out; only `pilot.take` moves it."""

    __tablename__ = "pilots"
    __table_args__ = (
        org(),
        to("program_id", "programs"),
        to("approved_by", "staff"),
        UniqueConstraint("org_id", "program_id", "source", "segment", "site"),
    )

    program_id: Mapped[UUID]
    source: Mapped[str]
    segment: Mapped[str]
    site: Mapped[str]
    phase: Mapped[str]  # pilot, locked, steady
    runs: Mapped[int] = mapped_column(server_default=text("0"))
    terms: Mapped[dict[str, Any]]  # sizes and thresholds as they were when it opened
    opened_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]


class PilotReview(OrgRow):
    """One run that a reviewer looks at: before its first text (`start`) or when it is over (`end`)."""

    __tablename__ = "pilot_reviews"
    __table_args__ = (
        org(),
        to("pilot_id", "pilots"),
        to("enrollment_id", "enrollments"),
        to("case_id", "cases"),
        to("staff_id", "staff"),
        UniqueConstraint("org_id", "enrollment_id"),
        Index("ix_pilot_reviews_pilot", "org_id", "pilot_id"),
    )

    pilot_id: Mapped[UUID | None]  # None: the program wants this outcome reviewed, pilot or not
    enrollment_id: Mapped[UUID]
    case_id: Mapped[UUID]
    stage: Mapped[str]
    wanted_at: Mapped[datetime]
    verdict: Mapped[str | None]  # pass, or the code of what was wrong
    staff_id: Mapped[UUID | None]
    judged_at: Mapped[datetime | None]
