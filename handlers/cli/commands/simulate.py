"""`app.py simulate`: what a program would do to a cohort, before anybody is texted. Needs no server."""

import json
from datetime import datetime
from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("simulate")
@click.argument("program", type=FILE)
@click.option(
    "--patients", default=1000, show_default=True, type=click.IntRange(1, 200_000), help="How many are enrolled."
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
@click.option("--zone", default="America/Chicago", show_default=True, help="The clinic's time zone.")
@click.option("--price", type=float, default=None, help="What one segment costs.")
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write a PNG here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def COMMAND(  # noqa: N802 - what `discover` looks for; options are what a command is made of
    *,
    program: Path,
    patients: int,
    per_day: int,
    behaviour: Path | None,
    seed: int,
    start: datetime,
    zone: str,
    price: float | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Play a program over modelled patients on a virtual clock: texts by day, cases by team, cost, when it is over."""
    from workflows.programs.model import load
    from workflows.simulation import behaviour as models
    from workflows.simulation import plan, report

    model = models.read(behaviour.read_text("utf-8")) if behaviour else models.usual()
    played = plan.play(load(program), model, plan.Plan(patients, per_day, start.date(), zone, seed))
    found = report.summarise(played, program=program.stem, patients=patients, seed=seed, zone=zone, price=price)
    if chart is not None:
        from bot import charts

        chart.write_bytes(charts.simulation(found))
    for line in [json.dumps(found.line())] if as_json else report.lines(found):
        click.echo(line)
