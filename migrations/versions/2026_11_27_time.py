"""When the clock looks at a case, absences, outages of vendors, and sign-in codes for when Slack is down."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from alembic import op

from migrations.protection import protect

revision = "2026_11_27_time"
down_revision = "2026_11_27_cards"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def _own(table: str) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name=f"fk_{table}_"),
        sa.PrimaryKeyConstraint("org_id", "id", name=f"pk_{table}"),
    ]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["org_id", column], [f"{other}.org_id", f"{other}.id"], name=f"fk_{table}_{column}")


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("backup_id", sa.Uuid(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("handed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("handed", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        *_own("absences"),
        _to("absences", "staff_id", "staff"),
        _to("absences", "backup_id", "staff"),
        _to("absences", "made_by_id", "staff"),
        sa.UniqueConstraint(
            "org_id", "staff_id", "kind", "scope", "starts_at", name="uq_absences_org_id_staff_id_kind_scope_starts_at"
        ),
    )
    op.create_index("ix_absences_ends", "absences", ["org_id", "ends_at"])


def _outages() -> None:
    clock = sa.text("clock_timestamp()")
    op.create_table(
        "outages",
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("began_at", AT, server_default=clock, nullable=False),
        sa.Column("failed_at", AT, server_default=clock, nullable=False),
        sa.Column("probed_at", AT, nullable=True),
        sa.Column("down_at", AT, nullable=True),
        sa.Column("down_business_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_business_at", AT, nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        *_own("outages"),
        _to("outages", "case_id", "cases"),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("uq_outages_open", "outages", ["org_id", "vendor"], unique=True, postgresql_where=still)


def _sign_in_codes() -> None:
    op.create_table(
        "sign_in_codes",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_at", AT, nullable=True),
        *_own("sign_in_codes"),
        _to("sign_in_codes", "staff_id", "staff"),
        sa.UniqueConstraint("org_id", "token_hash", name="uq_sign_in_codes_org_id_token_hash"),
    )
    op.create_index("ix_sign_in_codes_staff", "sign_in_codes", ["org_id", "staff_id", "expires_at"])


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "sla_timers",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"], name="fk_sla_timers_"),
        _to("sla_timers", "case_id", "cases"),
        sa.PrimaryKeyConstraint("org_id", "case_id", name="pk_sla_timers"),
    )
    waiting = sa.text("at IS NOT NULL")
    op.create_index("ix_sla_timers_due", "sla_timers", ["org_id", "at"], postgresql_where=waiting)
    _absences()
    _outages()
    _sign_in_codes()
    protect("sla_timers", "absences", "outages", "sign_in_codes")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("sign_in_codes", "outages", "absences", "sla_timers"):
        op.drop_table(table)
