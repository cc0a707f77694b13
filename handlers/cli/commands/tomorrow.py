"""`app.py tomorrow`: the next day's texts; `--reconcile` compares a day with its plan."""

import json
import sys
from datetime import datetime, timedelta

import click

from handlers.cli.root import Root


@click.command("tomorrow")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Another day than tomorrow.")
@click.option("--freeze", is_flag=True, help="Keep this plan: the day is compared with it.")
@click.option("--reconcile", type=click.DateTime(["%Y-%m-%d"]), default=None, help="What became of that day's plan.")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_obj
def COMMAND(  # noqa: N802 - what `discover` looks for
    root: Root, /, *, day: datetime | None, freeze: bool, reconcile: datetime | None, shown: str | None, as_json: bool
) -> None:
    """Texts by hour, program and site with what is expected to be kept back; exit 1 when a reconciled day does not add up."""
    from workflows import halts, local_days, plans, reconciling

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        if reconcile is not None:
            found = reconciling.reconcile(session, reconcile.date())
            line = {
                "day": found.day.isoformat(), "planned": found.planned, **found.counts, "adds_up": found.adds_up,
                "added": found.added, "why": found.why,
            }  # fmt: skip
            words = [f"{key}: {value}" for key, value in line.items()]
            click.echo(json.dumps(line) if as_json else "\n".join(words))
            sys.exit(0 if found.adds_up else 1)
        wanted = day.date() if day else local_days.today(session) + timedelta(days=1)
        if freeze:
            plans.freeze(session, wanted, by="system")
        for warning in [] if as_json else halts.lines(session):
            click.echo(f"STOPPED: {warning}")
        for row in plans.rows(session, plans.foresee(session, wanted)):
            line = {"hour": row.hour, "program": row.program, "site": row.site, "texts": row.texts, "held": row.held}
            held = "".join(f"  {count} {rule}" for rule, count in row.held.items())
            click.echo(
                json.dumps(line) if as_json else f"{row.hour:02d}:00  {row.program}  {row.site}  {row.texts}{held}"
            )
