"""Triggers from outside, tags, the pilot gate, and the clock of contact attempts after a discharge"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_25_triggers"
down_revision = "2026_11_25_campaigns"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _table(
        "trigger_sources",
        _needed("name", "token_hash"),
        sa.Column("programs", JSON, nullable=False),
        _needed("owner"),
        _times("created_at"),
        sa.Column("revoked_at", AT, nullable=True),
        unique=(("name",), ("token_hash",)),
    )
    _table("tags", _needed("subject", "key", "tag", "by"), _times("since"), unique=(("subject", "key", "tag"),))
    _table(
        "patient_aliases",
        _needed("source"),
        sa.Column("alias_hash", sa.LargeBinary(), nullable=False),
        keys={"patient_id": "patients"},
        unique=(("source", "alias_hash"),),
    )
    _pilots()
    _contacts()
    _triggers_and_enrollments()
    protect("trigger_sources", "tags", "patient_aliases", "pilots", "pilot_reviews", "contact_clocks")
    protect("contact_attempts", append_only=True)


def _pilots() -> None:
    _table(
        "pilots",
        _needed("source", "segment", "site", "phase"),
        sa.Column("runs", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        _times("opened_at"),
        sa.Column("locked_at", AT, nullable=True),
        sa.Column("approved_at", AT, nullable=True),
        keys={"program_id": "programs", "approved_by?": "staff"},
        unique=(("program_id", "source", "segment", "site"),),
    )
    _table(
        "pilot_reviews",
        _needed("stage"),
        _times("wanted_at"),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("judged_at", AT, nullable=True),
        keys={"pilot_id?": "pilots", "enrollment_id": "enrollments", "case_id": "cases", "staff_id?": "staff"},
        unique=(("enrollment_id",),),
    )
    op.create_index("ix_pilot_reviews_pilot", "pilot_reviews", ["org_id", "pilot_id"])


def _contacts() -> None:
    _table(
        "contact_clocks",
        _times("discharged_at", "due_at", "warn_at"),
        sa.Column("warned_at", AT, nullable=True),
        sa.Column("spoke_at", AT, nullable=True),
        sa.Column("spoke_by", sa.Text(), nullable=True),
        keys={"enrollment_id": "enrollments", "patient_id": "patients"},
        unique=(("enrollment_id",),),
    )
    op.create_index("ix_contact_clocks_patient", "contact_clocks", ["org_id", "patient_id"])
    op.create_index(
        "ix_contact_clocks_warn", "contact_clocks", ["org_id", "warn_at"], postgresql_where=sa.text("warned_at IS NULL")
    )
    _table(
        "contact_attempts",
        _times("at"),
        _needed("method", "result"),
        keys={"clock_id": "contact_clocks", "case_id": "cases", "staff_id": "staff"},
    )
    op.create_index("ix_contact_attempts_clock", "contact_attempts", ["org_id", "clock_id"])


def _triggers_and_enrollments() -> None:
    op.alter_column("trigger_events", "patient_id", existing_type=sa.Uuid(), nullable=True)
    for name in ("site", "segment", "digest"):
        op.add_column("trigger_events", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("trigger_events", sa.Column("confidence", sa.Float(), nullable=True))
    op.add_column("enrollments", sa.Column("pilot_id", sa.Uuid(), nullable=True))
    op.add_column("enrollments", sa.Column("completion", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_enrollments_pilot_id"), "enrollments", "pilots", ["org_id", "pilot_id"], ["org_id", "id"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_constraint(op.f("fk_enrollments_pilot_id"), "enrollments", type_="foreignkey")
    for name in ("completion", "pilot_id"):
        op.drop_column("enrollments", name)
    for name in ("confidence", "digest", "segment", "site"):
        op.drop_column("trigger_events", name)
    op.alter_column("trigger_events", "patient_id", existing_type=sa.Uuid(), nullable=False)
    for table in ("contact_attempts", "contact_clocks", "pilot_reviews", "pilots"):
        op.drop_table(table)
    for table in ("patient_aliases", "tags", "trigger_sources"):
        op.drop_table(table)


def _needed(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, AT, nullable=False) for name in names]


def _table(
    name: str,
    *columns: sa.Column[Any] | list[sa.Column[Any]],
    keys: dict[str, str] | None = None,
    unique: tuple[tuple[str, ...], ...] = (),
) -> None:
    """A table of the organisation's; `keys` names foreign keys ("approved_by?" may be empty), `unique` begins with org_id."""
    flat = [one for part in columns for one in (part if isinstance(part, list) else [part])]
    named = {key.rstrip("?"): (table, key.endswith("?")) for key, table in (keys or {}).items()}
    op.create_table(
        name,
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        *flat,
        *(sa.Column(key, sa.Uuid(), nullable=empty) for key, (_, empty) in named.items()),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=op.f(f"fk_{name}_")),
        *(
            sa.ForeignKeyConstraint(["org_id", key], [f"{table}.org_id", f"{table}.id"], name=op.f(f"fk_{name}_{key}"))
            for key, (table, _) in named.items()
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint("org_id", *rest, name=op.f(f"uq_{name}_org_id_{'_'.join(rest)}")) for rest in unique),
    )
