"""`app.py import`: what an operator brings in from files."""

import json
from pathlib import Path

import click

from handlers.cli.root import Root


@click.group("import")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Bring in files: charts."""


@COMMAND.command("fhir")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--org", default=None, help="Which organisation (org_…), when there are several.")
@click.option(
    "--start-programs", is_flag=True, help="Let what is new and fresh start programs; without it nothing starts."
)
@click.option("--dry-run", is_flag=True, help="Only read and check the files.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write what could not be read there.")
@click.option("--yes", is_flag=True, help="Do it; without this, only read and check the files.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def import_fhir(
    root: Root,
    path: Path,
    *,
    org: str | None,
    start_programs: bool,
    dry_run: bool,
    errors: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Read FHIR R4 resources (NDJSON, a file or a folder) into the mirror; twice is the same as once."""
    from handlers.cli import chart_import

    writing = yes and not dry_run
    db = root.db() if writing else None
    report = chart_import.run(db, root.org(db, org) if db else None, path, start_programs=start_programs)
    for line in report.lines():
        click.echo(json.dumps(line) if as_json else " ".join(f"{name} {value}" for name, value in line.items()))
    if errors is not None:
        errors.write_text("".join(f"{one}\n" for one in report.errors), "utf-8")
    else:
        for one in report.errors[:20]:
            click.echo(one, err=True)
    if not writing:
        click.echo("Nothing was written: say --yes to write.", err=True)
