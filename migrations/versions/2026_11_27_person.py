"""Who has a case or had it when it was closed, beside what counts of it. What is counted already is made anew."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_person"
down_revision = "2026_11_27_makings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("kpi_cases", sa.Column("person", sa.Text(), server_default=sa.text("'none'"), nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("kpi_cases", "person")
