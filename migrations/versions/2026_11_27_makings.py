"""All counts are made anew in parts, beside those that are read meanwhile; texts of a week are found without reading the others."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_makings"
down_revision = "2026_11_27_kpi_cases"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
KEY = ("org_id", "cut", "day", "kpi", "program", "phase", "grp", "long_days")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("kpi_days", sa.Column("made", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.drop_constraint("pk_kpi_days", "kpi_days", type_="primary")
    op.create_primary_key("pk_kpi_days", "kpi_days", ["org_id", "made", *KEY[1:]])
    op.add_column("kpi_states", sa.Column("made", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("kpi_states", sa.Column("took_s", sa.Float(), nullable=False, server_default=sa.text("0")))
    op.drop_column("kpi_states", "hours")  # of the basis now
    op.create_table(
        "kpi_makings",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", AT, nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("halved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_kpi_makings_"),
        sa.PrimaryKeyConstraint("org_id", name="pk_kpi_makings"),
    )
    protect("kpi_makings")
    op.create_index("ix_messages_sent", "messages", ["org_id", "sent_at"])
    op.create_index("ix_messages_came", "messages", ["org_id", "created_at"], postgresql_where=sa.text("direction = 'in'"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for index in ("ix_messages_came", "ix_messages_sent"):
        op.drop_index(index, "messages")
    op.drop_table("kpi_makings")
    op.execute("TRUNCATE kpi_days, kpi_states")  # made again from the rows
    op.add_column("kpi_states", sa.Column("hours", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.drop_column("kpi_states", "took_s")
    op.drop_column("kpi_states", "made")
    op.drop_constraint("pk_kpi_days", "kpi_days", type_="primary")
    op.create_primary_key("pk_kpi_days", "kpi_days", list(KEY))
    op.drop_column("kpi_days", "made")
