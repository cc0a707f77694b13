"""`app.py baseline`: how it was before the first live send, so that figures have something to be held against."""

from pathlib import Path

import click

from handlers.cli.root import Root

ORG = click.option("--org", "shown", help="Which organisation, when there are several.")
YES = click.option("--yes", is_flag=True, help="Do it; without this, only say what would be kept.")


@click.group("baseline")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Baselines: KPIs of at least four weeks before the first live send."""


@COMMAND.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@ORG
@YES
@click.pass_obj
def bring_in(root: Root, path: Path, *, shown: str | None, yes: bool) -> None:
    """Keep baselines from a CSV: program,kpi,numerator,denominator,from,to,method. What was there is replaced."""
    from workflows.kpis import baselines

    with path.open(encoding="utf-8-sig", newline="") as lines:
        found = baselines.parse(lines)
    if not yes:
        click.echo(f"{len(found)} baselines can be read. Say --yes to keep them.")
        return
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        changed = baselines.keep(session, found, actor="operator")
    click.echo(f"{len(found)} baselines are kept, {changed} of them new or changed.")


@COMMAND.command("from-ehr")
@ORG
@YES
@click.pass_obj
def from_ehr(root: Root, *, shown: str | None, yes: bool) -> None:
    """Count no-shows of the weeks before the first live send from the EHR's appointments."""
    from workflows.kpis import baselines

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        line = baselines.from_ehr(session)
        if yes:
            baselines.keep(session, [line], actor="operator")
    click.echo(
        f"{line.numerator} no-shows of {line.denominator} visits due, {line.first} to {line.last}, {line.method}."
    )
    if not yes:
        click.echo("Nothing was kept: say --yes to keep it.")


@COMMAND.command("list")
@ORG
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def listed(root: Root, *, shown: str | None, as_json: bool) -> None:
    """Every baseline that is kept, with its method."""
    import json

    from workflows.kpis import baselines

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        found = baselines.every(session)
    for one in found:
        if as_json:
            line = {"program": one.program, "kpi": one.kpi, "numerator": one.numerator, "denominator": one.denominator}
            days = {"from": one.first.isoformat(), "to": one.last.isoformat(), "method": one.method}
            click.echo(json.dumps(line | days))
        else:
            whose = one.program or "all programs"
            click.echo(
                f"{whose}: {one.kpi} {one.numerator} of {one.denominator}, {one.first} to {one.last}, {one.method}"
            )
