"""Each program's own windows in the facts, and counts apart by how long they are."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_windows"
down_revision = "2026_11_27_reporting"
branch_labels = None
depends_on = None

KEY = ["org_id", "cut", "day", "kpi", "program", "phase", "grp"]


def upgrade() -> None:
    """What was counted before had the usual window of 30 days; everything is counted anew at the next refresh."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("kpi_enrollments", sa.Column("long_days", sa.Integer(), nullable=False, server_default="30"))
    op.alter_column("kpi_enrollments", "long_days", server_default=None)
    op.alter_column("kpi_enrollments", "day", nullable=True)
    op.create_index(
        "ix_kpi_enrollments_long", "kpi_enrollments", ["org_id", "program", "day"], postgresql_where=sa.text("long_days > 30")
    )
    op.add_column("kpi_days", sa.Column("long_days", sa.Integer(), nullable=False, server_default="30"))
    op.alter_column("kpi_days", "long_days", server_default=None)
    op.drop_constraint("pk_kpi_days", "kpi_days")
    op.create_primary_key("pk_kpi_days", "kpi_days", [*KEY, "long_days"])


def downgrade() -> None:
    """Forgets the counts: they are made anew."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("TRUNCATE kpi_days, kpi_enrollments, kpi_visits, kpi_states")
    op.drop_constraint("pk_kpi_days", "kpi_days")
    op.drop_column("kpi_days", "long_days")
    op.create_primary_key("pk_kpi_days", "kpi_days", KEY)
    op.drop_index("ix_kpi_enrollments_long", "kpi_enrollments")
    op.alter_column("kpi_enrollments", "day", nullable=False)
    op.drop_column("kpi_enrollments", "long_days")
