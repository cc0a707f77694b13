"""The clinical mirror, cohorts, their runs and members, uploads; a patient's gender and hospice"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import protect

revision = "2026_11_25_cohorts"
down_revision = "2026_11_25_operations"
branch_labels = None
depends_on = None

TABLES = ("clinical_records", "clinical_codes", "cohorts", "cohort_entries", "cohort_runs", "cohort_members", "cohort_uploads", "cohort_sources")


def org() -> sa.Column:
    return sa.Column("org_id", sa.Uuid(), nullable=False)


def key() -> sa.Column:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def text(name: str, *, null: bool = True, **options) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null, **options)


def when(name: str, *, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def uid(name: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=False)


def json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)


def to(column: str, table: str, **options) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.id"], **options)


def of_org() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["org_id"], ["organisations.org_id"])


def clinical() -> None:
    op.create_table(
        "clinical_records", org(), key(), text("resource", null=False), text("ehr_id", null=False), uid("patient_id"),
        text("status", null=False), text("class"), when("at"), when("until"), when("recorded_at"),
        sa.Column("value", sa.Float()), text("unit"), text("disposition"), text("within_ehr_id"), text("ehr_version"),
        when("ehr_updated_at"), when("read_at", null=False),
        of_org(), to("patient_id", "patients"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_clinical_records"),
        sa.UniqueConstraint("org_id", "resource", "ehr_id", name="uq_clinical_records_org_id_resource_ehr_id"),
    )
    op.create_index("ix_clinical_records_patient", "clinical_records", ["org_id", "patient_id", "resource", "at"])
    op.create_index("ix_clinical_records_class", "clinical_records", ["org_id", "resource", "class", "at"])
    op.create_table(
        "clinical_codes", org(), uid("record_id"),
        sa.Column("system", sa.Text(collation="C"), nullable=False), sa.Column("code", sa.Text(collation="C"), nullable=False),
        of_org(), to("record_id", "clinical_records", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "record_id", "system", "code", name="pk_clinical_codes"),
    )
    op.create_index("ix_clinical_codes_code", "clinical_codes", ["org_id", "system", "code", "record_id"])


def cohorts() -> None:
    op.create_table(
        "cohorts", org(), key(), text("code", null=False), text("title", null=False), text("kind", null=False), text("source"),
        when("made_at", null=False), text("made_by", null=False), of_org(),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_cohorts"), sa.UniqueConstraint("org_id", "code", name="uq_cohorts_org_id_code"),
    )
    op.create_table(
        "cohort_entries", org(), uid("cohort_id"), uid("patient_id"), text("match_confidence", null=False, server_default="sure"),
        sa.Column("row_no", sa.Integer()), of_org(), to("cohort_id", "cohorts"), to("patient_id", "patients"),
        sa.PrimaryKeyConstraint("org_id", "cohort_id", "patient_id", name="pk_cohort_entries"),
    )
    op.create_table(
        "cohort_runs", org(), key(), uid("cohort_id"), when("evaluated_at", null=False), text("source"), json("funnel"),
        of_org(), to("cohort_id", "cohorts"), sa.PrimaryKeyConstraint("org_id", "id", name="pk_cohort_runs"),
    )
    op.create_index("ix_cohort_runs_cohort", "cohort_runs", ["org_id", "cohort_id"])
    op.create_table(
        "cohort_members", org(), uid("run_id"), uid("patient_id"), text("verdict", null=False), text("reason"),
        text("match_confidence", null=False, server_default="sure"), json("evidence"),
        of_org(), to("run_id", "cohort_runs"), to("patient_id", "patients"),
        sa.PrimaryKeyConstraint("org_id", "run_id", "patient_id", name="pk_cohort_members"),
    )
    op.create_index("ix_cohort_members_patient", "cohort_members", ["org_id", "patient_id"])


def uploads() -> None:
    op.create_table(
        "cohort_uploads", org(), key(), uid("cohort_id"), text("source", null=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False), when("uploaded_at", null=False), text("uploaded_by", null=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False), sa.Column("raw", sa.LargeBinary()), when("drop_at", null=False),
        of_org(), to("cohort_id", "cohorts"), sa.PrimaryKeyConstraint("org_id", "id", name="pk_cohort_uploads"),
        sa.UniqueConstraint("org_id", "source", "sha256", name="uq_cohort_uploads_org_id_source_sha256"),
    )
    op.create_index(
        "ix_cohort_uploads_kept", "cohort_uploads", ["org_id", "drop_at"], postgresql_where=sa.text("raw IS NOT NULL")
    )
    op.create_table(
        "cohort_sources", org(), text("source", null=False), sa.Column("headers", postgresql.JSONB(), nullable=False), of_org(),
        sa.PrimaryKeyConstraint("org_id", "source", name="pk_cohort_sources"),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column("patients", sa.Column("gender", sa.Text(), nullable=True))
    op.add_column("patients", sa.Column("hospice", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("ehr_feeds", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    clinical()
    cohorts()
    uploads()
    protect(*TABLES)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("ehr_feeds", "refused_at")
    op.drop_column("patients", "hospice")
    op.drop_column("patients", "gender")
