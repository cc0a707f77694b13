"""Campaigns: the cohort is one that exists; the card is a notice like others."""

from alembic import op

from migrations.protection import protect

revision = "2026_11_25_campaign_cohorts"
down_revision = "2026_11_25_gate"
branch_labels = None
depends_on = None

POSTS = """
CREATE TABLE campaign_posts (
    org_id uuid NOT NULL CONSTRAINT fk_campaign_posts_ REFERENCES organisations (org_id),
    id uuid DEFAULT uuidv7() NOT NULL,
    campaign_id uuid NOT NULL,
    channel text NOT NULL,
    ts text,
    posting_since timestamptz,
    drawn text,
    CONSTRAINT pk_campaign_posts PRIMARY KEY (org_id, id),
    CONSTRAINT fk_campaign_posts_campaign_id FOREIGN KEY (org_id, campaign_id) REFERENCES campaigns (org_id, id),
    CONSTRAINT uq_campaign_posts_org_id_campaign_id_channel UNIQUE (org_id, campaign_id, channel)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_foreign_key("fk_campaigns_cohort_id", "campaigns", "cohorts", ["org_id", "cohort_id"], ["org_id", "id"])
    op.create_foreign_key(
        "fk_campaigns_cohort_run_id", "campaigns", "cohort_runs", ["org_id", "cohort_run_id"], ["org_id", "id"]
    )
    op.drop_table("campaign_posts")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(POSTS)
    protect("campaign_posts")
    op.drop_constraint("fk_campaigns_cohort_run_id", "campaigns")
    op.drop_constraint("fk_campaigns_cohort_id", "campaigns")
