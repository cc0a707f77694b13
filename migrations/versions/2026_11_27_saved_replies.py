"""Saved replies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.protection import protect

revision = "2026_11_27_saved_replies"
down_revision = "2026_11_27_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "saved_replies",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_saved_replies_"),
        sa.ForeignKeyConstraint(
            ["org_id", "proposed_by_id"], ["staff.org_id", "staff.id"], name="fk_saved_replies_proposed_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "decided_by_id"], ["staff.org_id", "staff.id"], name="fk_saved_replies_decided_by_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_saved_replies"),
    )
    for name, state in (("offered", "approved"), ("waiting", "proposed")):
        op.create_index(
            f"uq_saved_replies_{name}",
            "saved_replies",
            ["org_id", "key"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    protect("saved_replies")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("saved_replies")
