"""The paging ladder, staff's phones, and what a reading says besides its intents."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_26_paging"
down_revision = "2026_11_25_doubts"
branch_labels = None
depends_on = None

SAID = ("objection", "next_step", "promise")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "ladders",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("stage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_ladders_"),
        sa.ForeignKeyConstraint(["org_id", "case_id"], ["cases.org_id", "cases.id"], name="fk_ladders_case_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_ladders"),
        sa.UniqueConstraint("org_id", "case_id", name="uq_ladders_org_id_case_id"),
    )
    op.create_index("ix_ladders_due", "ladders", ["org_id", "next_at"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "rungs",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="promised", nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_rungs_"),
        sa.ForeignKeyConstraint(["org_id", "case_id"], ["cases.org_id", "cases.id"], name="fk_rungs_case_id"),
        sa.ForeignKeyConstraint(["org_id", "staff_id"], ["staff.org_id", "staff.id"], name="fk_rungs_staff_id"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_rungs"),
        sa.UniqueConstraint("org_id", "case_id", "no", name="uq_rungs_org_id_case_id_no"),
    )
    protect("ladders", "rungs")
    op.add_column("staff", sa.Column("phone", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("phone_hash", sa.LargeBinary(), nullable=True))
    for name in SAID:
        op.add_column("readings", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in SAID:
        op.drop_column("readings", name)
    op.drop_column("staff", "phone_hash")
    op.drop_column("staff", "phone")
    op.drop_table("rungs")
    op.drop_table("ladders")
