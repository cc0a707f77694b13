"""`app.py source`: systems that may send triggers to POST /v1/triggers."""

import click

from handlers.cli.root import Root


@click.group("source")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Sources: systems that may send triggers, each with a token."""


@COMMAND.command("add")
@click.argument("name")
@click.option("--program", "programs", multiple=True, required=True, help="A program it may start; repeat for more.")
@click.option("--owner", required=True, help="Who answers for its events: a code, like crm_team.")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def add(root: Root, name: str, programs: tuple[str, ...], *, owner: str, shown: str | None, yes: bool) -> None:
    """Create a source and print its token, once."""
    from workflows import sources

    if not yes:
        click.echo(f"{name} would get a token and may start {', '.join(programs)}. Say --yes to create it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        token = sources.add(session, name, programs=programs, owner=owner, actor="operator")
    click.echo(token)
    click.echo("This token is shown once. Keep it where the source reads its secrets.", err=True)


@COMMAND.command("list")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def listed(root: Root, shown: str | None, *, as_json: bool) -> None:
    """Every source, its programs and its owner; never a token."""
    import json

    from workflows import sources

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        rows = [(one.name, one.programs, one.owner, one.revoked_at) for one in sources.listed(session)]
    for name, programs, owner, revoked in rows:
        if as_json:
            gone = revoked.isoformat() if revoked else None
            click.echo(json.dumps({"name": name, "programs": programs, "owner": owner, "revoked_at": gone}))
        else:
            state = f"revoked {revoked:%Y-%m-%d}" if revoked else "live"
            click.echo(f"{name}  {state}  owner {owner}  {', '.join(programs)}")


@COMMAND.command("revoke")
@click.argument("name")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def revoke(root: Root, name: str, shown: str | None, *, yes: bool) -> None:
    """Refuse a source's token from now on."""
    from workflows import sources

    if not yes:
        click.echo(f"The token of {name} would be refused from now on. Say --yes to revoke it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        sources.revoke(session, name, actor="operator")
    click.echo(f"{name} is revoked.")
