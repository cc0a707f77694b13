"""One round trip from a click to its clicker: the organisation is set, the person found and the ticket marked in one call."""

from alembic import context, op

revision = "2026_11_27_clicks"
down_revision = "2026_11_27_saved_replies"
branch_labels = None
depends_on = None

# plpgsql runs its statements one after the other: row-level security sees the organisation that the first one set
ENTER_AS = """
CREATE FUNCTION careloop.enter_as(
    org uuid, workspace_ text, account text, source_ text, ticket text,
    OUT at timestamptz, OUT ids uuid[], OUT id uuid, OUT name text, OUT role text, OUT teams uuid[], OUT fresh boolean
) LANGUAGE plpgsql SET search_path = public, careloop, pg_temp AS $$
BEGIN
    PERFORM set_config('app.org_id', org::text, true);
    at := careloop.now();
    ids := ARRAY(SELECT uuidv7() FROM generate_series(1, 6));
    SELECT s.id, s.name, s.role, ARRAY(SELECT m.team_id FROM team_members m WHERE m.org_id = org AND m.staff_id = s.id)
        INTO id, name, role, teams
        FROM staff_identities i JOIN staff s ON s.org_id = i.org_id AND s.id = i.staff_id
        WHERE i.org_id = org AND i.workspace = workspace_ AND i.external_id = account AND i.lost IS NULL AND s.active;
    INSERT INTO receipts (org_id, source, external_id, received_at) VALUES (org, source_, ticket, at) ON CONFLICT DO NOTHING;
    fresh := FOUND;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(ENTER_AS)
    op.execute("REVOKE ALL ON FUNCTION careloop.enter_as FROM PUBLIC")
    role = op.get_bind().dialect.identifier_preparer.quote(context.config.attributes["app_role"])
    op.execute(f"GRANT EXECUTE ON FUNCTION careloop.enter_as TO {role}")


def downgrade() -> None:
    op.execute("DROP FUNCTION careloop.enter_as")
