"""`app.py kpi`: every figure with its n, interval and definition, for spreadsheets and other programs. docs/kpis.md."""

import csv
import json
import sys
from datetime import datetime
from typing import Any

import click

from core.errors import Refused
from handlers.cli.root import Root

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("kpi")
@click.option("--json", "how", flag_value="json", help="One JSON object a line; null where there is no value.")
@click.option("--csv", "how", flag_value="csv", help="A header and a line a row; empty where there is no value.")
@click.option("--program", default=None, help="Of one program; without this, of all.")
@click.option(
    "--from", "first", type=DAY, default=None, help="First local day; without this, 13 weeks before the last."
)
@click.option("--to", "last", type=DAY, default=None, help="Last local day; without this, today.")
@click.option("--by", default="", help="Split by source, site, language …; several with commas: a block of rows each.")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.pass_obj
def COMMAND(  # noqa: N802 - what `discover` looks for
    root: Root,
    /,
    *,
    how: str | None,
    program: str | None,
    first: datetime | None,
    last: datetime | None,
    by: str,
    shown: str | None,
) -> None:
    """What came of the outreach: one row a KPI a group, with numerator, denominator, interval and definition."""
    from workflows.kpis import engine, figure_rows, states

    db = root.db()
    try:
        with db.begin(org=root.org(db, shown)) as session:
            days = {"first": first.date() if first else None, "last": last.date() if last else None}
            questions = figure_rows.asked(session, program=program, by=by, **days)
            fresh, at = engine.catch_up(session), states.as_of(session)
            rows = figure_rows.rows(session, questions)
    except Refused as refusal:
        raise click.UsageError(refusal.say) from refusal
    if not fresh:
        as_of = f"These are as of {at:%Y-%m-%d %H:%M} UTC" if at else "Nothing is counted yet"
        click.echo(f"{as_of}; the worker brings them up to date. `recount --yes` does it now.", err=True)
    _print(rows, how)


def _print(rows: list[dict[str, Any]], how: str | None) -> None:
    from workflows.kpis.figure_rows import COLUMNS

    if how == "csv":
        out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
        return
    for row in rows:
        click.echo(json.dumps(row, allow_nan=False) if how == "json" else _line(row))


def _line(row: dict[str, Any]) -> str:
    of = f"{row['numerator']} of {row['denominator']}" if row["denominator"] is not None else "not shown"
    value = f"{row['value']:.4g}" if row["value"] is not None else "–"
    span = f" ({row['low']:.4g} to {row['high']:.4g})" if row["low"] is not None and row["high"] is not None else ""
    return f"{row['kpi']:20} {row['group']:28} {value}{span}  {of}  {row['note']}".rstrip()
