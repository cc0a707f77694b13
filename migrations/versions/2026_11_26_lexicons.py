"""An organisation's own lexicon: its versions, and which one is live."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_26_lexicons"
down_revision = "2026_11_26_corrections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "lexicon_versions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("editor_id", sa.Uuid(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_lexicon_versions_"),
        sa.ForeignKeyConstraint(
            ["org_id", "editor_id"], ["staff.org_id", "staff.id"], name="fk_lexicon_versions_editor_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "approver_id"], ["staff.org_id", "staff.id"], name="fk_lexicon_versions_approver_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_lexicon_versions"),
        sa.UniqueConstraint("org_id", "number", name="uq_lexicon_versions_org_id_number"),
    )
    protect("lexicon_versions")
    op.add_column("organisations", sa.Column("lexicon_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("organisations", "lexicon_id")
    op.drop_table("lexicon_versions")
