"""`app.py callbacks`: how many patients called in, as a phone system counts it."""

from pathlib import Path

import click

from handlers.cli.root import Root


@click.group("callbacks")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Calls of patients by reason, week by week."""


@COMMAND.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would be kept.")
@click.pass_obj
def bring_in(root: Root, path: Path, *, shown: str | None, yes: bool) -> None:
    """Keep counts from a CSV: week,reason,count and, if wanted, program. A week is its Monday; the same file twice is once."""
    from workflows.kpis import callbacks

    with path.open(encoding="utf-8-sig", newline="") as lines:
        found = callbacks.parse(lines)
    if not yes:
        click.echo(f"{len(found)} lines can be read. Say --yes to keep them.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        kept = callbacks.keep(session, found, actor="operator")
    click.echo(f"{kept} lines are kept.")
