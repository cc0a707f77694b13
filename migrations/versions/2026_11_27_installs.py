"""Slack installs by OAuth: invitations, states, installs with sealed tokens, and whose a workspace is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_27_installs"
down_revision = "2026_11_27_routing"
branch_labels = None
depends_on = None

TABLES = ("install_invitations", "install_states", "slack_installs", "slack_workspaces")


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _row(table: str, *columns: sa.Column[object], unique: str) -> None:
    op.create_table(
        table,
        *columns,
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=f"fk_{table}_"),
        sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint("org_id", unique, name=f"uq_{table}_org_id_{unique}"),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _row(
        "install_invitations",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        _when("made_at"),
        _when("expires_at"),
        _when("used_at", nullable=True),
        unique="token_hash",
    )
    _row(
        "install_states",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        _when("expires_at"),
        _when("used_at", nullable=True),
        unique="token_hash",
    )
    op.create_foreign_key(
        "fk_install_states_invitation_id",
        "install_states",
        "install_invitations",
        ["org_id", "invitation_id"],
        ["org_id", "id"],
    )
    _installs()
    _row(
        "slack_workspaces",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=True),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        _when("added_at"),
        _when("cut_at", nullable=True),
        unique="team_id",
    )
    protect(*TABLES)


def _installs() -> None:
    _row(
        "slack_installs",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("place", "name", "app_id", "bot_id", "bot_user_id")),
        sa.Column("org_wide", sa.Boolean(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=True),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("bot_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        _when("expires_at", nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _when("lease_until", nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("installed_by", sa.Text(), nullable=False),
        _when("installed_at"),
        sa.Column("installs", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _when("ended_at", nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        unique="place",
    )
    where = sa.text("ended_at IS NULL")
    op.create_index("ix_slack_installs_expires", "slack_installs", ["org_id", "expires_at"], postgresql_where=where)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("slack_workspaces", "slack_installs", "install_states", "install_invitations"):
        op.drop_table(table)
