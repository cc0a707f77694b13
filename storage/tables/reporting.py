"""What figures are held against and cannot be counted from our own rows: baselines, and calls that a phone system counted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import OrgRow, Row, org


class Baseline(OrgRow):
    """One KPI as it was before the first live send; `program` is '' for all. Brought in again, it is replaced."""

    __tablename__ = "baselines"
    __table_args__ = (org(), UniqueConstraint("org_id", "program", "kpi"))

    program: Mapped[str] = mapped_column(server_default=text("''"))
    kpi: Mapped[str]
    numerator: Mapped[int]
    denominator: Mapped[int]
    first: Mapped[date]
    last: Mapped[date]
    method: Mapped[str]
    kept_at: Mapped[datetime]


class CallbackWeek(Row):
    """How many patients called in one week for one reason, as a phone system counted; `program` is '' where it does not say."""

    __tablename__ = "callback_weeks"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)  # its Monday
    reason: Mapped[str] = mapped_column(primary_key=True)
    program: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
    calls: Mapped[int]
    kept_at: Mapped[datetime]
