"""`app.py report`: leadership's page of a month, as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from handlers.cli.root import Root


@click.command("report")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Write the page here.")
@click.option("--month", default="last month", show_default=True, help="Which month: 2026-11, or November.")
@click.option("--program", default=None, help="One program alone (its code).")
@click.option("--org", default=None, help="Whose (org_…), when there are several.")
@click.pass_obj
def COMMAND(root: Root, *, pdf: Path, month: str, program: str | None, org: str | None) -> None:  # noqa: N802 - what `discover` looks for
    """One month on one page, for leadership: findings, before and after, money, caveats; no patient data."""
    from bot import leadership
    from workflows import local_days, surroundings
    from workflows.kpis import periods, reports
    from workflows.kpis.asked import Asked

    db = root.db()
    with db.begin(org=root.org(db, org)) as session:
        known = [code for code, _ in reports.programs(session)]
        if program and program not in known:
            raise click.UsageError(f"there is no program {program} here. Known: {', '.join(known)}.")
        period = periods.read(month, today=local_days.today(session))
        sheet = reports.gather(session, Asked(period, program), owners=False)
        clinic = surroundings.organisation_of(session).name
    pdf.write_bytes(leadership.build(sheet, clinic=clinic))
    click.echo(f"{pdf.name}: {sheet.digest.title}, {period.words}, one page.")
