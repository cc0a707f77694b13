"""Slack messages that become cases."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_commands"
down_revision = "2026_11_26_opinions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "noted_messages",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_noted_messages_"),
        sa.ForeignKeyConstraint(["org_id", "staff_id"], ["staff.org_id", "staff.id"], name="fk_noted_messages_staff_id"),
        sa.ForeignKeyConstraint(["org_id", "case_id"], ["cases.org_id", "cases.id"], name="fk_noted_messages_case_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_noted_messages"),
        sa.UniqueConstraint("org_id", "channel", "ts", name="uq_noted_messages_org_id_channel_ts"),
    )
    protect("noted_messages")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("noted_messages")
