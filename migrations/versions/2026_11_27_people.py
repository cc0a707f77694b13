"""Who has lost access and why, how a role was given, when a Slack account was seen, and who is in which user group."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_people"
down_revision = "2026_11_27_interpretations"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("staff", sa.Column("left_at", AT, nullable=True))
    op.add_column("staff", sa.Column("left_why", sa.Text(), nullable=True))
    op.add_column("staff", sa.Column("role_by", sa.Text(), server_default=sa.text("'hand'"), nullable=False))
    op.add_column("staff_identities", sa.Column("lost", sa.Text(), nullable=True))
    op.add_column("staff_identities", sa.Column("seen_at", AT, nullable=True))
    op.add_column(
        "team_members", sa.Column("by_group", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "group_members",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_group_members_"),
        sa.PrimaryKeyConstraint("org_id", "group_id", "external_id", name="pk_group_members"),
    )
    protect("group_members")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("group_members")
    op.drop_column("team_members", "by_group")
    for name in ("seen_at", "lost"):
        op.drop_column("staff_identities", name)
    for name in ("role_by", "left_why", "left_at"):
        op.drop_column("staff", name)
