"""The program language grows: what became of a step's own text, what the patient chose, scored and named; EHR stops; promises."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_language"
down_revision = "2026_11_25_campaign_cohorts"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("enrollments", sa.Column("reach", sa.Text(), nullable=True))
    op.add_column("enrollments", sa.Column("choice", sa.Integer(), nullable=True))
    op.add_column("enrollments", sa.Column("score", sa.Integer(), nullable=True))
    op.add_column("enrollments", sa.Column("named_at", INSTANT, nullable=True))
    _reach_of_what_runs()
    op.add_column("patients", sa.Column("transferred", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("phone_numbers", sa.Column("doubted_at", INSTANT, nullable=True))
    for owed, table in (("team_id", "teams"), ("message_id", "messages")):
        op.add_column("promises", sa.Column(owed, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            f"fk_promises_{owed}", "promises", table, ["org_id", owed], ["org_id", "id"]
        )
    op.create_unique_constraint("uq_promises_org_id_case_id_kind", "promises", ["org_id", "case_id", "kind"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_constraint("uq_promises_org_id_case_id_kind", "promises")
    for owed in ("message_id", "team_id"):
        op.drop_constraint(f"fk_promises_{owed}", "promises")
        op.drop_column("promises", owed)
    op.drop_column("phone_numbers", "doubted_at")
    op.drop_column("patients", "transferred")
    for column in ("named_at", "score", "choice", "reach"):
        op.drop_column("enrollments", column)


def _reach_of_what_runs() -> None:
    """Who is being asked already is not asked a second time: the owner reads and writes every organisation's rows for this once."""
    op.execute("ALTER TABLE enrollments NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE enrollments e SET reach = 'asked' WHERE e.state IN ('waiting', 'paused') AND EXISTS (SELECT 1 FROM messages m "
        "WHERE m.org_id = e.org_id AND m.enrollment_id = e.id AND m.step = e.step AND m.direction = 'out' "
        "AND m.purpose = 'program' AND m.state NOT IN ('cancelled', 'refused'))"
    )
    op.execute("ALTER TABLE enrollments FORCE ROW LEVEL SECURITY")
