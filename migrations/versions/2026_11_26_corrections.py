"""Corrections of readings, kept as labelled examples."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.protection import protect

revision = "2026_11_26_corrections"
down_revision = "2026_11_26_paging"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "corrections",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("was_intents", JSONB(), nullable=False),
        sa.Column("was_urgency", sa.Text(), nullable=False),
        sa.Column("intents", JSONB(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_corrections_"),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column], [f"{table}.org_id", f"{table}.id"], name=f"fk_corrections_{column}"
            )
            for column, table in (
                ("message_id", "messages"),
                ("reading_id", "readings"),
                ("case_id", "cases"),
                ("staff_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_message", "corrections", ["org_id", "message_id"])
    protect("corrections", append_only=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("corrections")
