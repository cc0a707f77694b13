"""A row a counted case with how long it waited and took; by which working hours that was counted."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_kpi_cases"
down_revision = "2026_11_27_windows"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CUTS = (
    "program", "phase", "source", "cohort", "site", "segment", "language", "age", "payer", "area", "owner", "outcome", "wording",
    "class_of",
)  # fmt: skip


def _columns(kind: sa.types.TypeEngine[object], *names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "kpi_cases",
        *_columns(sa.Uuid(), "org_id", "case_id"),
        *_columns(sa.Date(), "day", "due_day"),
        *_columns(AT, "opened_at", "waiting_since", "due_at"),
        *_columns(AT, "claimed_at", "resolved_at", "closed_at", "resting_since", nullable=True),
        *_columns(sa.Float(), "claim_minutes", "resolve_minutes", nullable=True),
        *_columns(sa.Float(), "rest_minutes"),
        *_columns(sa.Boolean(), "claimed_in_time", "counted"),
        *_columns(sa.Text(), *CUTS),
        sa.PrimaryKeyConstraint("org_id", "case_id", name="pk_kpi_cases"),
    )
    op.create_index("ix_kpi_cases_day", "kpi_cases", ["org_id", "day"])
    op.create_index("ix_kpi_cases_due_day", "kpi_cases", ["org_id", "due_day"])
    protect("kpi_cases")
    op.add_column("kpi_states", sa.Column("hours", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("kpi_states", "hours")
    op.drop_table("kpi_cases")
