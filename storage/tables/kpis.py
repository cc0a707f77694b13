"""What figures are made of: a row an enrollment, a visit and a case with what each KPI asks of it, and their counts by local day.

Derived: everything here can be made again from the other tables (`workflows.kpis.engine.rebuild`), so no row points at another table's.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.columns import Row, org


class Grouped(Row):
    """What a unit is grouped by, as codes; "none" where it has none. `counted`: no holdout, no duplicate, no test."""

    __abstract__ = True

    counted: Mapped[bool]
    program: Mapped[str]
    phase: Mapped[str]
    source: Mapped[str]
    cohort: Mapped[str]
    site: Mapped[str]
    segment: Mapped[str]
    language: Mapped[str]
    age: Mapped[str]
    payer: Mapped[str]
    area: Mapped[str]
    owner: Mapped[str]
    outcome: Mapped[str]
    wording: Mapped[str]


class KpiEnrollment(Grouped):
    """One enrollment. `day` is its cohort day, None while it has none; flags hold within its windows (docs/kpis.md), whatever today is."""

    __tablename__ = "kpi_enrollments"
    __table_args__ = (
        Index("ix_kpi_enrollments_day", "org_id", "day"),
        Index("ix_kpi_enrollments_long", "org_id", "program", "day", postgresql_where=text("long_days > 30")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    enrollment_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID]
    day: Mapped[date | None]
    long_days: Mapped[int]  # the window of completion and cases, as its program says
    started_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]  # by the right person, at any time
    reached_72h: Mapped[bool]
    reached: Mapped[bool]
    delivered: Mapped[bool]
    replied: Mapped[bool]
    inbound: Mapped[bool]
    stopped_first: Mapped[bool]  # by the EHR, before any text
    ended: Mapped[bool]
    completed: Mapped[bool]
    touched: Mapped[bool]  # a case for a person was opened
    classes: Mapped[list[str]] = mapped_column(ARRAY(Text()))  # of those cases
    surveyed: Mapped[bool]
    survey_answered: Mapped[bool]
    survey_completed: Mapped[bool]
    survey_low: Mapped[bool]
    asked_day: Mapped[date | None]  # whether instructions were understood
    understood: Mapped[bool]
    follow_up_day: Mapped[date | None]  # by when the visit after a discharge is due
    followed_up: Mapped[bool]


class KpiVisit(Grouped):
    """One visit that was due, or (`what` missed) one that was missed; `day` is the visit's."""

    __tablename__ = "kpi_visits"
    __table_args__ = (Index("ix_kpi_visits_day", "org_id", "day"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    appointment_id: Mapped[UUID] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)  # due, missed
    patient_id: Mapped[UUID]
    enrollment_id: Mapped[UUID | None]
    day: Mapped[date]
    start_at: Mapped[datetime]
    no_show: Mapped[bool]
    eligible: Mapped[bool]  # missed, with no visit to come already
    rebooked: Mapped[bool]
    recovered: Mapped[bool]
    closed: Mapped[bool]


class KpiCase(Grouped):
    """One case that counts; `day` is the one it was opened on, `owner` its team. Minutes are its team's working time.

    None where it goes on: `claim_minutes` while it is neither claimed nor closed, `resolve_minutes` until it is resolved.
    """

    __tablename__ = "kpi_cases"
    __table_args__ = (Index("ix_kpi_cases_day", "org_id", "day"), Index("ix_kpi_cases_due_day", "org_id", "due_day"))

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    due_day: Mapped[date]
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime]  # when its card stood in the channel; without a card its opening
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]  # first
    resolved_at: Mapped[datetime | None]  # the first closing that was not reopened soon
    closed_at: Mapped[datetime | None]  # as it stands
    claimed_in_time: Mapped[bool]
    claim_minutes: Mapped[float | None]
    resolve_minutes: Mapped[float | None]
    rest_minutes: Mapped[float]  # waiting for the patient or asleep, of rests that are over
    resting_since: Mapped[datetime | None]  # the one that goes on
    class_of: Mapped[str]
    person: Mapped[str] = mapped_column(
        server_default=text("'none'")
    )  # who has it or had it last, a staff id; none: nobody


class KpiDay(Row):
    """A count of one local day in one group. `cut` '' is all; of text blocked also 'rule'. `long_days`: of runs with that long window.

    `made`: by which making of them all; those of `KpiState.made` are read, others are being made or were.
    """

    __tablename__ = "kpi_days"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    made: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default=text("0"))
    cut: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kpi: Mapped[str] = mapped_column(primary_key=True)
    program: Mapped[str] = mapped_column(primary_key=True)
    phase: Mapped[str] = mapped_column(primary_key=True)
    grp: Mapped[str] = mapped_column(primary_key=True)
    long_days: Mapped[int] = mapped_column(primary_key=True)
    numerator: Mapped[int]
    denominator: Mapped[int]


class KpiState(Row):
    """How far the counts have come: every row of a transaction below `seen` is in them. `basis`: by which rules they were made.

    `made`: which counts are read. `took_s`: how long the last look for what changed took.
    """

    __tablename__ = "kpi_states"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[datetime]
    seen: Mapped[str]  # a transaction id of this database server (xid8)
    basis: Mapped[str]
    made: Mapped[int] = mapped_column(server_default=text("0"))
    took_s: Mapped[float] = mapped_column(server_default=text("0"))


class KpiMaking(Row):
    """All counts being made anew, part by part: through with `part` up to `place`; parts are `halved` so often, since larger ones took too

    long. What is read meanwhile stays as it is.
    """

    __tablename__ = "kpi_makings"
    __table_args__ = (org(),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    as_of: Mapped[datetime]
    seen: Mapped[str]
    basis: Mapped[str]
    made: Mapped[int]
    part: Mapped[str]
    place: Mapped[str]
    halved: Mapped[int]
    again: Mapped[str]  # texts that left twice, as rollups look for them
