"""Second opinions of a language model."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.protection import protect

revision = "2026_11_26_opinions"
down_revision = "2026_11_26_case_said"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "opinions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("redacted", JSONB(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_opinions_"),
        sa.ForeignKeyConstraint(
            ["org_id", "message_id"], ["messages.org_id", "messages.id"], name="fk_opinions_message_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_opinions"),
        sa.UniqueConstraint("org_id", "message_id", name="uq_opinions_org_id_message_id"),
    )
    protect("opinions", append_only=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("opinions")
