"""What a card last said in Slack, and when its words about time change next."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_cards"
down_revision = "2026_11_27_commands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("card_posts", sa.Column("shown", sa.LargeBinary(), nullable=True))
    op.add_column("card_posts", sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("card_posts", sa.Column("redraw_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_card_posts_redraw", "card_posts", ["org_id", "redraw_at"], postgresql_where=sa.text("redraw_at IS NOT NULL")
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("ix_card_posts_redraw", "card_posts")
    op.drop_column("card_posts", "redraw_at")
    op.drop_column("card_posts", "drawn_at")
    op.drop_column("card_posts", "shown")
