"""What a person keeps narrowed on their worklist."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_desk"
down_revision = "2026_11_27_clicks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "lenses",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_lenses_"),
        sa.ForeignKeyConstraint(["org_id", "staff_id"], ["staff.org_id", "staff.id"], name="fk_lenses_staff_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_lenses"),
        sa.UniqueConstraint("org_id", "staff_id", name="uq_lenses_org_id_staff_id"),
    )
    protect("lenses")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("lenses")
