"""Facts and daily counts that figures are made of."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_kpis"
down_revision = "2026_11_27_channels"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CUTS = (
    "program", "phase", "source", "cohort", "site", "segment", "language", "age", "payer", "area", "owner", "outcome", "wording",
)  # fmt: skip
ENROLLMENT_FLAGS = (
    "reached_72h", "reached", "delivered", "replied", "inbound", "stopped_first", "ended", "completed", "touched", "surveyed",
    "survey_answered", "survey_completed", "survey_low", "understood", "followed_up",
)  # fmt: skip


def _facts(table: str, key: tuple[str, ...], *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("org_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("counted", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in CUTS),
        sa.PrimaryKeyConstraint("org_id", *key, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_day", table, ["org_id", "day"])


def _needed(kind: sa.types.TypeEngine[object], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _facts(
        "kpi_enrollments",
        ("enrollment_id",),
        *_needed(sa.Uuid(), "enrollment_id", "patient_id"),
        *_needed(sa.Date(), "day"),
        *_needed(AT, "started_at"),
        sa.Column("reached_at", AT, nullable=True),
        *_needed(sa.Boolean(), *ENROLLMENT_FLAGS),
        *_needed(sa.ARRAY(sa.Text()), "classes"),
        sa.Column("asked_day", sa.Date(), nullable=True),
        sa.Column("follow_up_day", sa.Date(), nullable=True),
    )
    _facts(
        "kpi_visits",
        ("appointment_id", "what"),
        *_needed(sa.Uuid(), "appointment_id", "patient_id"),
        *_needed(sa.Text(), "what"),
        sa.Column("enrollment_id", sa.Uuid(), nullable=True),
        *_needed(sa.Date(), "day"),
        *_needed(AT, "start_at"),
        *_needed(sa.Boolean(), "no_show", "eligible", "rebooked", "recovered", "closed"),
    )
    op.create_table(
        "kpi_days",
        *_needed(sa.Uuid(), "org_id"),
        *_needed(sa.Text(), "cut"),
        *_needed(sa.Date(), "day"),
        *_needed(sa.Text(), "kpi", "program", "phase", "grp"),
        *_needed(sa.Integer(), "numerator", "denominator"),
        sa.PrimaryKeyConstraint("org_id", "cut", "day", "kpi", "program", "phase", "grp", name="pk_kpi_days"),
    )
    op.create_table(
        "kpi_states",
        *_needed(sa.Uuid(), "org_id"),
        *_needed(AT, "as_of"),
        *_needed(sa.Text(), "seen", "basis"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_kpi_states_"),
        sa.PrimaryKeyConstraint("org_id", name="pk_kpi_states"),
    )
    protect("kpi_enrollments", "kpi_visits", "kpi_days", "kpi_states")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("kpi_states", "kpi_days", "kpi_visits", "kpi_enrollments"):
        op.drop_table(table)
