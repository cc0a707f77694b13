"""Baselines, calls as a phone system counts them, and when a case's first card was posted."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_reporting"
down_revision = "2026_11_27_figure_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "baselines",
        sa.Column("program", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_baselines_"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_baselines"),
        sa.UniqueConstraint("org_id", "program", "kpi", name="uq_baselines_org_id_program_kpi"),
    )
    op.create_table(
        "callback_weeks",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_callback_weeks_"),
        sa.PrimaryKeyConstraint("org_id", "week", "reason", "program", name="pk_callback_weeks"),
    )
    protect("baselines", "callback_weeks")
    op.add_column("cases", sa.Column("card_posted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("cases", "card_posted_at")
    op.drop_table("callback_weeks")
    op.drop_table("baselines")
