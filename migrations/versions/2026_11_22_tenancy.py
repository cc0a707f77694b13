"""Tenancy and time: row-level security on every table, business time, the few functions that look across organisations."""

from alembic import context, op

revision = "2026_11_22_tenancy"
down_revision = "2026_11_22_first"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "audit_seals", "events", "decisions", "provider_events", "case_events", "program_versions")
ACROSS = ("outbox", "enrollments", "attempts", "messages", "organisations")
OPEN = ("routes",)

FUNCTIONS = """
CREATE SCHEMA careloop;

CREATE FUNCTION careloop.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT transaction_timestamp() $$;

CREATE FUNCTION careloop.org_id() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE org text := nullif(current_setting('app.org_id', true), '');
BEGIN
    IF org IS NULL THEN
        RAISE EXCEPTION 'no organisation is set: open the transaction with Database.begin' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN org::uuid;
END $$;

CREATE FUNCTION careloop.due_orgs(which text) RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, careloop, pg_temp AS $$
    SELECT o.org_id FROM outbox o WHERE o.lane = which AND o.state = 'due' AND o.not_before <= clock_timestamp()
    UNION
    SELECT o.org_id FROM outbox o WHERE o.lane = which AND o.state = 'leased' AND o.lease_until <= clock_timestamp()
    UNION
    SELECT e.org_id FROM enrollments e WHERE which = 'bulk' AND e.wake_at <= careloop.now() AND e.quarantined_at IS NULL
    UNION
    SELECT a.org_id FROM attempts a WHERE which = 'delivery' AND a.state = 'sending' AND a.lease_until <= clock_timestamp()
    UNION
    SELECT m.org_id FROM messages m WHERE which = 'delivery' AND m.state = 'held' AND m.hold_until <= careloop.now()
$$;

CREATE FUNCTION careloop.due_lanes() RETURNS TABLE (lane text) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, careloop, pg_temp AS $$
    SELECT DISTINCT o.lane FROM outbox o
    WHERE (o.state = 'due' AND o.not_before <= clock_timestamp()) OR (o.state = 'leased' AND o.lease_until <= clock_timestamp())
    UNION
    SELECT 'bulk' WHERE EXISTS (SELECT 1 FROM enrollments e WHERE e.wake_at <= careloop.now() AND e.quarantined_at IS NULL)
    UNION
    SELECT 'delivery' WHERE EXISTS (
        SELECT 1 FROM attempts a WHERE a.state = 'sending' AND a.lease_until <= clock_timestamp())
        OR EXISTS (SELECT 1 FROM messages m WHERE m.state = 'held' AND m.hold_until <= careloop.now())
$$;

CREATE FUNCTION careloop.all_orgs() RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, careloop, pg_temp AS $$ SELECT o.org_id FROM organisations o $$;
"""


def tables() -> list[str]:
    rows = op.get_bind().exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in rows if name != "alembic_version"]


def app_role() -> str:
    role = context.config.attributes["app_role"]
    return op.get_bind().dialect.identifier_preparer.quote(role)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    role = app_role()
    op.execute(FUNCTIONS)
    op.execute(f"GRANT USAGE ON SCHEMA careloop TO {role}")
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA careloop FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA careloop TO {role}")
    op.execute(f"GRANT USAGE ON SEQUENCE case_numbers TO {role}")
    for table in tables():
        if table in OPEN:
            op.execute(f"GRANT SELECT, INSERT ON {table} TO {role}")
            continue
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        inside = "org_id = (SELECT careloop.org_id())"
        op.execute(f"CREATE POLICY own_organisation ON {table} TO {role} USING ({inside}) WITH CHECK ({inside})")
        if table in ACROSS:
            op.execute(f"CREATE POLICY look_across ON {table} FOR SELECT TO CURRENT_USER USING (true)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    role = app_role()
    for table in tables():
        op.execute(f"REVOKE ALL ON {table} FROM {role}")
        if table in OPEN:
            continue
        op.execute(f"DROP POLICY own_organisation ON {table}")
        if table in ACROSS:
            op.execute(f"DROP POLICY look_across ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE USAGE ON SEQUENCE case_numbers FROM {role}")
    op.execute("DROP SCHEMA careloop CASCADE")
