"""Texts that left twice are looked for once a making."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_again"
down_revision = "2026_11_27_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DELETE FROM kpi_makings")  # begun again
    op.add_column("kpi_makings", sa.Column("again", sa.Text(), nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("kpi_makings", "again")
