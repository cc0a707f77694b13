"""The routing table: which team gets which case, and the combinations that have no line yet."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_routing"
down_revision = "2026_11_27_settings"
branch_labels = None
depends_on = None

KEY = ("org_id", "kind", "program", "site_id", "language", "hours")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "routing_rules",
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), server_default="any", nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("backup_id", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_routing_rules_"),
        sa.ForeignKeyConstraint(["org_id", "site_id"], ["sites.org_id", "sites.id"], name="fk_routing_rules_site_id"),
        sa.ForeignKeyConstraint(["org_id", "team_id"], ["teams.org_id", "teams.id"], name="fk_routing_rules_team_id"),
        sa.ForeignKeyConstraint(
            ["org_id", "backup_id"], ["teams.org_id", "teams.id"], name="fk_routing_rules_backup_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_routing_rules"),
        sa.UniqueConstraint(
            *KEY,
            name="uq_routing_rules_org_id_kind_program_site_id_language_hours",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "routing_gaps",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_routing_gaps_"),
        sa.ForeignKeyConstraint(["org_id", "site_id"], ["sites.org_id", "sites.id"], name="fk_routing_gaps_site_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_routing_gaps"),
        sa.UniqueConstraint(
            *KEY,
            name="uq_routing_gaps_org_id_kind_program_site_id_language_hours",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_routing_gaps_untold", "routing_gaps", ["org_id", "first_at"], postgresql_where=sa.text("told_at IS NULL")
    )
    protect("routing_rules", "routing_gaps")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("routing_gaps")
    op.drop_table("routing_rules")
