"""What a migration does for each table it makes: the app's rights, and row-level security by organisation."""

from alembic import context, op

INSIDE = "org_id = (SELECT careloop.org_id())"


def app_role() -> str:
    """The app's role, quoted."""
    return op.get_bind().dialect.identifier_preparer.quote(context.config.attributes["app_role"])


def protect(*tables: str, append_only: bool = False, look_across: bool = False) -> None:
    """Let the app read and write these tables within its organisation only; `append_only` forbids changing what is written.

    `look_across` lets the owner's SECURITY DEFINER functions read every organisation's rows (they hand out ids only).
    """
    role = app_role()
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    for table in tables:
        op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_organisation ON {table} TO {role} USING ({INSIDE}) WITH CHECK ({INSIDE})")
        if look_across:
            op.execute(f"CREATE POLICY look_across ON {table} FOR SELECT TO CURRENT_USER USING (true)")
