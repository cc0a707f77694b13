"""`app.py staff`: who has access to an organisation, and giving it back when no admin can."""

import click

from handlers.cli.root import Root


@click.group("staff")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """The staff list: who has access, and who lost it."""


@COMMAND.command("list")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def listed(root: Root, shown: str | None, *, as_json: bool) -> None:
    """Everybody, those without access first."""
    import json

    from workflows import returning

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        rows = [
            {"name": one.name, "email": one.email, "role": one.role, "role_by": one.role_by, "access": one.active,
             "why": one.left_why, "in_slack": there}
            for one, there in returning.listed(session)
        ]  # fmt: skip
    for row in rows:
        if as_json:
            click.echo(json.dumps(row))
        else:
            access = "access" if row["access"] else f"no access ({row['why'] or 'ended by an admin'})"
            slack = "" if row["in_slack"] else "  no Slack account"
            click.echo(f"{row['email']}  {row['name']}  {row['role']} by {row['role_by']}  {access}{slack}")


@COMMAND.command("back")
@click.argument("email")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def back(root: Root, email: str, shown: str | None, *, yes: bool) -> None:
    """Give somebody role and teams back, as an admin does by the button: for when the last admin is gone."""
    from workflows import returning

    if not yes:
        click.echo(f"{email} would have role and teams back. Say --yes to do it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        said = returning.restore(session, returning.of_email(session, email), actor="operator")
    click.echo(said)
