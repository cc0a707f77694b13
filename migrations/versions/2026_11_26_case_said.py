"""What the patient said beside the intents stands on the case."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_case_said"
down_revision = "2026_11_26_lexicons"
branch_labels = None
depends_on = None

SAID = ("objection", "next_step", "promise")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in SAID:
        op.add_column("cases", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in reversed(SAID):
        op.drop_column("cases", name)
