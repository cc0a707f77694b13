"""How far the reading of a Slack workspace's accounts has come."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_sweeps"
down_revision = "2026_11_27_installs"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "account_sweeps",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("cursor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_account_sweeps_"),
        sa.PrimaryKeyConstraint("org_id", "workspace", name="pk_account_sweeps"),
    )
    protect("account_sweeps")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("account_sweeps")
