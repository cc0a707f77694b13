"""Which team's channel takes no cards, and which card stands in another team's channel meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_channels"
down_revision = "2026_11_27_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("teams", sa.Column("channel_problem", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("channel_problem_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("card_posts", sa.Column("stands_in_for", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_card_posts_stands_in_for", "card_posts", "teams", ["org_id", "stands_in_for"], ["org_id", "id"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_constraint("fk_card_posts_stands_in_for", "card_posts", type_="foreignkey")
    op.drop_column("card_posts", "stands_in_for")
    op.drop_column("teams", "channel_problem_at")
    op.drop_column("teams", "channel_problem")
