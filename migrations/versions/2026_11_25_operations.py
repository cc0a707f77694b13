"""What staff stop, skip and move: halts, skips, the frozen plan of a day, disruptions; and drafts of programs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_25_operations"
down_revision = "2026_11_25_forms"
branch_labels = None
depends_on = None

TABLES = ("halts", "notice_posts", "skips", "plan_snapshots", "plan_items", "disruptions", "program_drafts")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "halts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id", "by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_halts_by_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "lifted_by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_halts_lifted_by_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_halts_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_halts")),
    )
    op.create_index(
        "uq_halts_live", "halts", ["org_id", "scope", "key"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_table(
        "notice_posts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("posting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_notice_posts_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_notice_posts")),
        sa.UniqueConstraint(
            "org_id", "kind", "subject_id", "channel", name=op.f("uq_notice_posts_org_id_kind_subject_id_channel")
        ),
    )
    op.create_table(
        "skips",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("enrollment_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id", "by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_skips_by_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"], ["enrollments.org_id", "enrollments.id"], name=op.f("fk_skips_enrollment_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "program_id"], ["programs.org_id", "programs.id"], name=op.f("fk_skips_program_id")
        ),
        sa.ForeignKeyConstraint(["org_id", "site_id"], ["sites.org_id", "sites.id"], name=op.f("fk_skips_site_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_skips_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_skips")),
    )
    op.create_index("ix_skips_day", "skips", ["org_id", "day"], unique=False)
    op.create_table(
        "plan_snapshots",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_plan_snapshots_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_plan_snapshots")),
        sa.UniqueConstraint("org_id", "day", name=op.f("uq_plan_snapshots_org_id_day")),
    )
    op.create_table(
        "plan_items",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"],
            ["enrollments.org_id", "enrollments.id"],
            name=op.f("fk_plan_items_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "program_id"], ["programs.org_id", "programs.id"], name=op.f("fk_plan_items_program_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "site_id"], ["sites.org_id", "sites.id"], name=op.f("fk_plan_items_site_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "snapshot_id"],
            ["plan_snapshots.org_id", "plan_snapshots.id"],
            name=op.f("fk_plan_items_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_plan_items_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_plan_items")),
        sa.UniqueConstraint(
            "org_id", "snapshot_id", "enrollment_id", name=op.f("uq_plan_items_org_id_snapshot_id_enrollment_id")
        ),
    )
    op.create_table(
        "disruptions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "approved_by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_disruptions_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "asked_by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_disruptions_asked_by_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_disruptions_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_disruptions")),
    )
    op.create_index("ix_disruptions_day", "disruptions", ["org_id", "day"], unique=False)
    op.create_table(
        "program_drafts",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("based_on_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("editors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "approved_by_id"], ["staff.org_id", "staff.id"], name=op.f("fk_program_drafts_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "based_on_id"],
            ["program_versions.org_id", "program_versions.id"],
            name=op.f("fk_program_drafts_based_on_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "program_id"], ["programs.org_id", "programs.id"], name=op.f("fk_program_drafts_program_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "version_id"],
            ["program_versions.org_id", "program_versions.id"],
            name=op.f("fk_program_drafts_version_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f("fk_program_drafts_")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_program_drafts")),
    )
    op.create_index(
        "uq_program_drafts_open",
        "program_drafts",
        ["org_id", "program_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    protect(*TABLES)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in reversed(TABLES):
        op.drop_table(table)
