"""Who interpreted when a case was closed."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_interpretations"
down_revision = "2026_11_27_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "interpretations",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interpreter", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_interpretations_"),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"], ["cases.org_id", "cases.id"], name="fk_interpretations_case_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"], ["staff.org_id", "staff.id"], name="fk_interpretations_staff_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_interpretations"),
    )
    op.create_index("ix_interpretations_case", "interpretations", ["org_id", "case_id"])
    protect("interpretations")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("interpretations")
