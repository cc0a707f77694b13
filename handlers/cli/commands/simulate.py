"""`app.py simulate`: what a program would do to a cohort, before anybody is texted. Needs no server, unless it names a cohort."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from handlers.cli.root import Root
    from workflows.simulation.mix import Mix

CHICAGO = "America/Chicago"

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("simulate")
@click.argument("program", type=FILE)
@click.option(
    "--cohort", default=None, help="Languages, places and size of this cohort's last run (needs the database)."
)
@click.option("--org", default=None, help="Whose cohort (org_…), when there are several.")
@click.option(
    "--patients",
    default=None,
    type=click.IntRange(1, 200_000),
    help="How many are enrolled: 1000, or the whole cohort.",
)
@click.option(
    "--per-day", default=200, show_default=True, type=click.IntRange(1), help="How many start on one day (the ramp)."
)
@click.option(
    "--behaviour", type=FILE, default=None, help="How patients and staff behave (YAML); without it, the usual model."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same run.")
@click.option(
    "--start", default="2026-11-30", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day."
)
@click.option("--zone", default=None, help="The clinic's time zone: the cohort's clinic's, else America/Chicago.")
@click.option("--price", type=float, default=None, help="What one segment costs.")
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write a PNG here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def COMMAND(  # noqa: N802 - what `discover` looks for; options are what a command is made of
    root: Root,
    *,
    program: Path,
    cohort: str | None,
    org: str | None,
    patients: int | None,
    per_day: int,
    behaviour: Path | None,
    seed: int,
    start: datetime,
    zone: str | None,
    price: float | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Play a program over modelled patients on a virtual clock: texts by day, cases by team, cost, when it is over."""
    from workflows.programs.model import load
    from workflows.simulation import behaviour as models
    from workflows.simulation import plan, report

    model = models.read(behaviour.read_text("utf-8")) if behaviour else models.usual()
    who = _people(root, cohort, org) if cohort else None
    if who is not None:
        model = who.model(model)
    zone = zone or (who.zone if who else CHICAGO)
    count = patients or (who.patients if who else 1000)
    played = plan.play(load(program), model, plan.Plan(count, per_day, start.date(), zone, seed))
    found = report.summarise(played, program=program.stem, patients=count, seed=seed, zone=zone, price=price)
    if chart is not None:
        from bot import charts

        chart.write_bytes(charts.simulation(found))
    if as_json:
        click.echo(json.dumps(found.line() | ({"cohort": who.line()} if who else {})))
        return
    for line in [*([_told(who)] if who else []), *report.lines(found)]:
        click.echo(line)


def _people(root: Root, code: str, org: str | None) -> Mix:
    from handlers.cli import cohorts

    db = root.db()
    return cohorts.people(db, root.org(db, org), code)


def _told(who: Mix) -> str:
    spoken = ", ".join(f"{language} {n}" for language, n in who.languages.items())
    told = f"Like cohort {who.cohort} of {who.evaluated_at:%Y-%m-%d} (UTC): {who.patients} patients ({spoken})"
    return f"{told}, {who.no_number:.0%} without a number to text."
