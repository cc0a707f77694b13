"""Systems that may read figures, each with a token of its own."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_figure_readers"
down_revision = "2026_11_27_digest"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "figure_readers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("sees_owners", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_figure_readers_"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_figure_readers"),
        sa.UniqueConstraint("org_id", "name", name="uq_figure_readers_org_id_name"),
        sa.UniqueConstraint("org_id", "token_hash", name="uq_figure_readers_org_id_token_hash"),
    )
    protect("figure_readers")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("figure_readers")
