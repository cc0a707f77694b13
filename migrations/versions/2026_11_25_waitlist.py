"""Who would come sooner."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_25_waitlist"
down_revision = "2026_11_25_language"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "waitlist",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("practitioner", sa.Text(), nullable=True),
        sa.Column("earliest", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_waitlist_"),
        sa.ForeignKeyConstraint(
            ["org_id", "patient_id"], ["patients.org_id", "patients.id"], name="fk_waitlist_patient_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"], ["appointments.org_id", "appointments.id"], name="fk_waitlist_appointment_id"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_waitlist"),
        sa.UniqueConstraint("org_id", "appointment_id", name="uq_waitlist_org_id_appointment_id"),
    )
    op.create_index("ix_waitlist_open", "waitlist", ["org_id", "since"], postgresql_where=sa.text("ended_at IS NULL"))
    protect("waitlist")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_table("waitlist")
