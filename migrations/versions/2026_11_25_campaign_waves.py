"""Campaigns: who is still to be launched is who has a wave and no enrollment; the steps of a preview rewrite rows in place."""

from alembic import op

revision = "2026_11_25_campaign_waves"
down_revision = "2026_11_25_waitlist"
branch_labels = None
depends_on = None

TO_LAUNCH = "CREATE INDEX ix_campaign_members_to_launch ON campaign_members (org_id, campaign_id, wave) WHERE {}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("ix_campaign_members_to_launch", table_name="campaign_members")
    op.execute(TO_LAUNCH.format("wave IS NOT NULL AND enrollment_id IS NULL"))
    op.execute("ALTER TABLE campaign_members SET (fillfactor = 60)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE campaign_members RESET (fillfactor)")
    op.drop_index("ix_campaign_members_to_launch", table_name="campaign_members")
    op.execute(TO_LAUNCH.format("enrollment_id IS NULL AND verdict <> 'excluded' AND NOT holdout"))
