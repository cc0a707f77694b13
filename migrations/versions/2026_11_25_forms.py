"""Form links, their answers, offered visit times, and bookings that no person makes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_25_forms"
down_revision = "2026_11_25_triggers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "form_links",
        *key(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *linked("form_links", patient_id="patients", number_id="phone_numbers"),
        *linked("form_links", nullable=True, enrollment_id="enrollments"),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        *bound("form_links"),
        sa.UniqueConstraint("org_id", "token_hash", name="uq_form_links_org_id_token_hash"),
    )
    op.create_index("ix_form_links_enrollment", "form_links", ["org_id", "enrollment_id"])
    op.create_table(
        "form_answers",
        *key(),
        *linked("form_answers", link_id="form_links", patient_id="patients", message_id="messages"),
        *linked("form_answers", nullable=True, enrollment_id="enrollments"),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("coded", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        *bound("form_answers"),
        sa.UniqueConstraint("org_id", "link_id", name="uq_form_answers_org_id_link_id"),
    )
    op.create_index("ix_form_answers_enrollment", "form_answers", ["org_id", "enrollment_id"])
    op.create_table(
        "offers",
        *key(),
        *linked("offers", enrollment_id="enrollments", slot_id="slots"),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *bound("offers"),
    )
    op.create_index("ix_offers_enrollment", "offers", ["org_id", "enrollment_id"])
    op.create_index("ix_offers_slot", "offers", ["org_id", "slot_id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.add_column("slots", sa.Column("held_by_enrollment", sa.Uuid(), nullable=True))
    op.add_column("appointments", sa.Column("booked_by_enrollment", sa.Uuid(), nullable=True))
    protect("form_links", "offers")
    protect("form_answers", append_only=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_column("appointments", "booked_by_enrollment")
    op.drop_column("slots", "held_by_enrollment")
    for table in ("offers", "form_answers", "form_links"):
        op.drop_table(table)


def key() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
    )


def linked(table: str, *, nullable: bool = False, **columns: str) -> list[sa.schema.SchemaItem]:
    found: list[sa.schema.SchemaItem] = []
    for column, other in columns.items():
        found.append(sa.Column(column, sa.Uuid(), nullable=nullable))
        both = ["org_id", column]
        found.append(sa.ForeignKeyConstraint(both, [f"{other}.org_id", f"{other}.id"], name=f"fk_{table}_{column}"))
    return found


def bound(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=f"fk_{table}_"),
        sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{table}"),
    )
