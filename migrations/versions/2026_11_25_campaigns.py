"""Campaigns: a program launched once over a frozen cohort, its approvals and card, and caps that a manager raised."""

from alembic import op

from migrations.protection import app_role, protect

revision = "2026_11_25_campaigns"
down_revision = "2026_11_22_tenancy"
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE campaign_numbers START WITH 1;

CREATE TABLE campaigns (
    org_id uuid NOT NULL CONSTRAINT fk_campaigns_ REFERENCES organisations (org_id),
    id uuid DEFAULT uuidv7() NOT NULL,
    number bigint DEFAULT nextval('campaign_numbers') NOT NULL,
    program_id uuid NOT NULL,
    version_ids jsonb NOT NULL,
    cohort_id uuid NOT NULL,
    cohort_run_id uuid,
    team_id uuid NOT NULL,
    reason text NOT NULL,
    population text NOT NULL,
    state text NOT NULL,
    state_at timestamptz NOT NULL,
    settled_at timestamptz,
    seed bigint NOT NULL,
    holdout double precision DEFAULT 0 NOT NULL,
    re_entry_days integer DEFAULT 90 NOT NULL,
    plan jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    launched_by uuid,
    launched_at timestamptz,
    paused_for text,
    ended_at timestamptz,
    repeat_days integer,
    series_id uuid,
    run integer DEFAULT 1 NOT NULL,
    next_run_at timestamptz,
    tended_at timestamptz,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (org_id, id),
    CONSTRAINT fk_campaigns_program_id FOREIGN KEY (org_id, program_id) REFERENCES programs (org_id, id),
    CONSTRAINT fk_campaigns_team_id FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id),
    CONSTRAINT fk_campaigns_created_by FOREIGN KEY (org_id, created_by) REFERENCES staff (org_id, id),
    CONSTRAINT fk_campaigns_launched_by FOREIGN KEY (org_id, launched_by) REFERENCES staff (org_id, id),
    CONSTRAINT uq_campaigns_org_id_number UNIQUE (org_id, number),
    CONSTRAINT uq_campaigns_org_id_series_id_run UNIQUE (org_id, series_id, run)
);
CREATE INDEX ix_campaigns_live ON campaigns (org_id, state) WHERE state NOT IN ('stopped', 'done');
CREATE INDEX ix_campaigns_next ON campaigns (org_id, next_run_at) WHERE next_run_at IS NOT NULL;

ALTER TABLE enrollments ADD COLUMN campaign_id uuid,
    ADD CONSTRAINT fk_enrollments_campaign_id FOREIGN KEY (org_id, campaign_id) REFERENCES campaigns (org_id, id);
CREATE INDEX ix_enrollments_campaign ON enrollments (org_id, campaign_id) WHERE campaign_id IS NOT NULL;

CREATE TABLE campaign_members (
    org_id uuid NOT NULL CONSTRAINT fk_campaign_members_ REFERENCES organisations (org_id),
    campaign_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    number_id uuid,
    verdict text NOT NULL,
    reason text,
    holdout boolean DEFAULT false NOT NULL,
    version_id uuid,
    place text,
    wave integer,
    wave_on date,
    held_wake_at timestamptz,
    enrollment_id uuid,
    CONSTRAINT pk_campaign_members PRIMARY KEY (org_id, campaign_id, patient_id),
    CONSTRAINT fk_campaign_members_campaign_id FOREIGN KEY (org_id, campaign_id) REFERENCES campaigns (org_id, id),
    CONSTRAINT fk_campaign_members_patient_id FOREIGN KEY (org_id, patient_id) REFERENCES patients (org_id, id),
    CONSTRAINT fk_campaign_members_number_id FOREIGN KEY (org_id, number_id) REFERENCES phone_numbers (org_id, id),
    CONSTRAINT fk_campaign_members_enrollment_id FOREIGN KEY (org_id, enrollment_id) REFERENCES enrollments (org_id, id),
    CONSTRAINT fk_campaign_members_version_id FOREIGN KEY (org_id, version_id) REFERENCES program_versions (org_id, id)
);
CREATE INDEX ix_campaign_members_patient ON campaign_members (org_id, patient_id);
CREATE INDEX ix_campaign_members_to_launch ON campaign_members (org_id, campaign_id, wave)
    WHERE enrollment_id IS NULL AND verdict <> 'excluded' AND NOT holdout;
CREATE INDEX ix_campaign_members_wave ON campaign_members (org_id, wave_on) WHERE wave_on IS NOT NULL;

CREATE TABLE campaign_approvals (
    org_id uuid NOT NULL CONSTRAINT fk_campaign_approvals_ REFERENCES organisations (org_id),
    id uuid DEFAULT uuidv7() NOT NULL,
    campaign_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    at timestamptz NOT NULL,
    contacted integer NOT NULL,
    CONSTRAINT pk_campaign_approvals PRIMARY KEY (org_id, id),
    CONSTRAINT fk_campaign_approvals_campaign_id FOREIGN KEY (org_id, campaign_id) REFERENCES campaigns (org_id, id),
    CONSTRAINT fk_campaign_approvals_staff_id FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
);
CREATE INDEX ix_campaign_approvals_campaign ON campaign_approvals (org_id, campaign_id);

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
);

CREATE TABLE cap_raises (
    org_id uuid NOT NULL CONSTRAINT fk_cap_raises_ REFERENCES organisations (org_id),
    id uuid DEFAULT uuidv7() NOT NULL,
    program_id uuid NOT NULL,
    cap text NOT NULL,
    most integer NOT NULL,
    reason text NOT NULL,
    staff_id uuid NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT pk_cap_raises PRIMARY KEY (org_id, id),
    CONSTRAINT fk_cap_raises_program_id FOREIGN KEY (org_id, program_id) REFERENCES programs (org_id, id),
    CONSTRAINT fk_cap_raises_staff_id FOREIGN KEY (org_id, staff_id) REFERENCES staff (org_id, id)
);
CREATE INDEX ix_cap_raises_program ON cap_raises (org_id, program_id, until);
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(TABLES)
    op.execute(f"GRANT USAGE ON SEQUENCE campaign_numbers TO {app_role()}")
    protect("campaigns", "campaign_members", "campaign_posts")
    protect("campaign_approvals", "cap_raises", append_only=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("cap_raises")
    op.drop_table("campaign_posts")
    op.drop_table("campaign_approvals")
    op.drop_table("campaign_members")
    op.drop_index("ix_enrollments_campaign", table_name="enrollments")
    op.drop_constraint("fk_enrollments_campaign_id", "enrollments")
    op.drop_column("enrollments", "campaign_id")
    op.drop_table("campaigns")
    op.execute("DROP SEQUENCE campaign_numbers")
