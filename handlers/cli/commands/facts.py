"""`app.py facts`: what every figure is computed from, de-identified, for whoever wants to compute them again."""

from pathlib import Path

import click

from handlers.cli.root import Root


@click.command("facts")
@click.option(
    "--csv",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that is new or empty: a file a table, and a README.",
)
@click.option("--org", "shown", help="Which organisation (org_…), when there are several.")
@click.pass_obj
def COMMAND(root: Root, /, *, folder: Path, shown: str | None) -> None:  # noqa: N802 - what `discover` looks for
    """Write enrollments, messages, cases, visits and what belongs to them as CSV: codes, dates and hashes, nobody's name or words."""
    from core.errors import Refused
    from workflows.kpis import export

    db = root.db()
    try:
        with db.begin(org=root.org(db, shown)) as session:
            written = export.write(session, folder)
    except OSError as error:
        raise Refused(
            f"{folder} cannot be written: {error.strerror}. Name a folder that is yours, with room in it."
        ) from error
    for name, rows in written.items():
        click.echo(f"{name}.csv  {rows}")
    click.echo(f"Written to {folder}. {export.READ_ME} says what the columns are.")
