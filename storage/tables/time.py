"""When the clock looks at a case again, who is away, when a vendor was down, and the codes that let staff in meanwhile."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org, to


class SlaTimer(Row):
    """One row a case. `at` is business time; NULL: nothing is awaited. Any change of the case sets it to that moment."""

    __tablename__ = "sla_timers"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        Index("ix_sla_timers_due", "org_id", "at", postgresql_where=text("at IS NOT NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]


class Absence(OrgRow):
    """Somebody is off from/until (business time), or a shift of theirs ended. `handed_at`: their cases have been handed over."""

    __tablename__ = "absences"
    __table_args__ = (
        org(),
        to("staff_id", "staff"),
        to("backup_id", "staff"),
        to("made_by_id", "staff"),
        UniqueConstraint("org_id", "staff_id", "kind", "scope", "starts_at"),
        Index("ix_absences_ends", "org_id", "ends_at"),
    )

    staff_id: Mapped[UUID]
    kind: Mapped[str]  # off, shift
    scope: Mapped[str] = mapped_column(server_default=text("''"))  # of a shift its team's code
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    backup_id: Mapped[UUID | None]
    made_by_id: Mapped[UUID | None]
    handed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # they came back early
    handed: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))  # "cas_…>stf_…" or "cas_…>tem_…"


class Outage(OrgRow):
    """A vendor that does not answer, by what all workers saw. Machine time; `down_at` once it is certain."""

    __tablename__ = "outages"
    __table_args__ = (
        org(),
        to("case_id", "cases"),
        Index("uq_outages_open", "org_id", "vendor", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    vendor: Mapped[str]
    failures: Mapped[int] = mapped_column(server_default=text("1"))
    began_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    failed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    probed_at: Mapped[datetime | None]
    down_at: Mapped[datetime | None]
    down_business_at: Mapped[datetime | None]  # the same in business time, for what people read
    ended_at: Mapped[datetime | None]
    ended_business_at: Mapped[datetime | None]
    case_id: Mapped[UUID | None]  # the alert that tells of it


class SignInCode(OrgRow):
    """A code texted to somebody's phone. Machine time; the code itself is sealed, and gone once it is used or too old."""

    __tablename__ = "sign_in_codes"
    __table_args__ = (
        org(),
        to("staff_id", "staff"),
        UniqueConstraint("org_id", "token_hash"),
        Index("ix_sign_in_codes_staff", "org_id", "staff_id", "expires_at"),
    )

    staff_id: Mapped[UUID]
    token_hash: Mapped[bytes]  # of the form's own secret: a code is good only in the browser that asked for it
    code: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime | None]
