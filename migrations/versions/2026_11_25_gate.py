"""The gate's inputs: how patients want to be reached, their proxies, classes of consent, sensitive matters, merged household texts."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect

revision = "2026_11_25_gate"
down_revision = "2026_11_25_cohorts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _preferences()
    _proxies()
    protect("contact_preferences", "proxies")
    op.add_column("consents", sa.Column("consent_class", sa.Text(), server_default="care", nullable=False))
    op.add_column("consents", sa.Column("written", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("consents", sa.Column("recorded_by", sa.Text(), nullable=True))
    empty = sa.text("'[]'::jsonb")
    op.add_column("patients", sa.Column("sensitive", sa.dialects.postgresql.JSONB(), server_default=empty, nullable=False))
    op.add_column("patients", sa.Column("disclosure_consent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("merged_into", sa.Uuid(), nullable=True))
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_messages_merged", "messages", ["org_id", "merged_into"], postgresql_where=merged)
    op.create_index("ix_attempts_started", "attempts", ["org_id", "started_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("ix_attempts_started", "attempts")
    op.drop_index("ix_messages_merged", "messages")
    op.drop_column("messages", "merged_into")
    op.drop_column("patients", "disclosure_consent_at")
    op.drop_column("patients", "sensitive")
    for column in ("recorded_by", "written", "consent_class"):
        op.drop_column("consents", column)
    op.drop_table("proxies")
    op.drop_table("contact_preferences")


def _preferences() -> None:
    op.create_table(
        "contact_preferences",
        *_row("contact_preferences"),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        *_life(),
        _to("contact_preferences", "patient_id", "patients"),
    )
    live = sa.text("until IS NULL")
    op.create_index(
        "uq_contact_preferences_live", "contact_preferences", ["org_id", "patient_id", "kind"],
        unique=True, postgresql_where=live,
    )  # fmt: skip


def _proxies() -> None:
    op.create_table(
        "proxies",
        *_row("proxies"),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("number_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        *_life(),
        sa.Column("ended_for", sa.Text(), nullable=True),
        _to("proxies", "patient_id", "patients"),
        _to("proxies", "number_id", "phone_numbers"),
    )
    op.create_index("ix_proxies_number", "proxies", ["org_id", "number_id"])
    live = sa.text("until IS NULL")
    op.create_index(
        "uq_proxies_live", "proxies", ["org_id", "patient_id", "number_id"], unique=True, postgresql_where=live
    )


def _row(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=f"fk_{table}_"),
    )


def _life() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
    )


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["org_id", column], [f"{other}.org_id", f"{other}.id"], name=f"fk_{table}_{column}")
