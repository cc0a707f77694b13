"""When a team's channel was found fit for cards."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_settings"
down_revision = "2026_11_27_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("teams", sa.Column("channel_seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("teams", "channel_seen_at")
