"""Numbers in doubt are found by their own small index."""

from alembic import op

revision = "2026_11_25_doubts"
down_revision = "2026_11_25_campaign_waves"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_index(
        "ix_phone_numbers_doubted", "phone_numbers", ["org_id", "doubted_at"], postgresql_where="doubted_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("ix_phone_numbers_doubted", table_name="phone_numbers")
