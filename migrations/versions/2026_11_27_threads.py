"""What the bot said of a patient's text in the thread of a case's card."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_threads"
down_revision = "2026_11_27_time"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "thread_posts",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("posting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_body", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_thread_posts_"),
        sa.ForeignKeyConstraint(["org_id", "case_id"], ["cases.org_id", "cases.id"], name="fk_thread_posts_case_id"),
        sa.ForeignKeyConstraint(
            ["org_id", "message_id"], ["messages.org_id", "messages.id"], name="fk_thread_posts_message_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_thread_posts"),
        sa.UniqueConstraint("org_id", "case_id", "message_id", name="uq_thread_posts_org_id_case_id_message_id"),
    )
    protect("thread_posts")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("thread_posts")
