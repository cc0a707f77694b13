"""`app.py recount`: figures' facts and counts, all of them made anew from the rows."""

import json

import click

from handlers.cli.root import Root


@click.command("recount")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what is there.")
@click.pass_obj
def COMMAND(root: Root, /, *, shown: str | None, as_json: bool, yes: bool) -> None:  # noqa: N802 - what `discover` looks for
    """Make the counts that figures are read from anew, from nothing. The night's refresh ends in the same numbers."""
    from workflows.kpis import engine

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        if yes:
            engine.rebuild(session)
        at = engine.as_of(session)
    line = {"as_of": at.isoformat() if at else None, "made_anew": yes}
    words = f"Counted as of {at:%Y-%m-%d %H:%M} UTC." if at else "Nothing is counted yet."
    click.echo(json.dumps(line) if as_json else words if yes or at is None else f"{words} With --yes it is made anew.")
