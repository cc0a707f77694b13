"""`app.py reader`: systems that may read figures from GET /v1/kpis."""

import click

from handlers.cli.root import Root


@click.group("reader")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Readers: systems that may read figures, each with a token."""


@COMMAND.command("add")
@click.argument("name")
@click.option("--owners", is_flag=True, help="It may also see figures by team, as managers do.")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def add(root: Root, name: str, *, owners: bool, shown: str | None, yes: bool) -> None:
    """Create a reader and print its token, once."""
    from workflows.kpis import readers

    if not yes:
        more = ", those by team too" if owners else ", but none by team"
        click.echo(f"{name} would get a token that reads figures{more}. Say --yes to create it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        token = readers.add(session, name, sees_owners=owners, actor="operator")
    click.echo(token)
    click.echo("This token is shown once. Keep it where the reader keeps its secrets.", err=True)


@COMMAND.command("list")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def listed(root: Root, shown: str | None, *, as_json: bool) -> None:
    """Every reader and whether it sees figures by team; never a token."""
    import json

    from workflows.kpis import readers

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        rows = [(one.name, one.sees_owners, one.revoked_at) for one in readers.listed(session)]
    for name, owners, revoked in rows:
        if as_json:
            gone = revoked.isoformat() if revoked else None
            click.echo(json.dumps({"name": name, "owners": owners, "revoked_at": gone}))
        else:
            state = f"revoked {revoked:%Y-%m-%d}" if revoked else "live"
            click.echo(f"{name}  {state}  {'with' if owners else 'without'} figures by team")


@COMMAND.command("revoke")
@click.argument("name")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def revoke(root: Root, name: str, *, shown: str | None, yes: bool) -> None:
    """Refuse a reader's token from now on."""
    from workflows.kpis import readers

    if not yes:
        click.echo(f"The token of {name} would be refused from now on. Say --yes to revoke it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        readers.revoke(session, name, actor="operator")
    click.echo(f"{name} is revoked.")
