"""Steps that can be taken back for a minute, and when snoozed cases come back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_27_actions"
down_revision = "2026_11_27_threads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "undos",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *_mine("undos"),
    )
    op.create_index("ix_undos_pending", "undos", ["org_id", "until"], postgresql_where=sa.text("pending"))
    protect("undos")
    op.create_index(
        "ix_cases_snoozed", "cases", ["org_id", "snoozed_until"], postgresql_where=sa.text("state = 'snoozed'")
    )


def _mine(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=f"fk_{table}_"),
        sa.ForeignKeyConstraint(["org_id", "case_id"], ["cases.org_id", "cases.id"], name=f"fk_{table}_case_id"),
        sa.ForeignKeyConstraint(["org_id", "staff_id"], ["staff.org_id", "staff.id"], name=f"fk_{table}_staff_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{table}"),
    ]


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("ix_cases_snoozed", "cases")
    op.drop_table("undos")
