"""`app.py program launch-plan CODE`: the one page to agree on before a program starts (S107)."""

from pathlib import Path

import click

from handlers.cli.root import Root


@click.command("launch-plan")
@click.argument("code")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--population", required=True, help="The one segment it starts with.")
@click.option("--source", default="ehr", show_default=True, help="The one source it starts with.")
@click.option("--site", default="", help="The one site it starts with; left out, all.")
@click.option("--org", "shown", help="Which organisation (org_…), where there are several.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it there instead of to standard output."
)
@click.pass_obj
def launch_plan(root: Root, /, code: str, *, shown: str | None, out: Path | None, **said: str) -> None:
    """Write a program's launch plan as Markdown, one page to print, fill in and sign."""
    from workflows import launch_plan as plans

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        page = plans.write(session, code, plans.Plan(**said))
    if out is None:
        click.echo(page, nl=False)
    else:
        out.write_text(page, "utf-8")
        click.echo(f"{out}: {len(page.splitlines())} lines")
