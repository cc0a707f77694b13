"""Which digest was promised to whom: once a week for each channel."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.protection import protect

revision = "2026_11_27_digest"
down_revision = "2026_11_27_kpis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "digest_posts",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("parts", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_digest_posts_"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_digest_posts"),
        sa.UniqueConstraint("org_id", "workspace", "channel", "week", name="uq_digest_posts_org_id_workspace_channel_week"),
    )
    protect("digest_posts")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("digest_posts")
