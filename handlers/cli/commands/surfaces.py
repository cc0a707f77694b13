"""`app.py surfaces`: everything Slack can be given, drawn from the worst rows. Needs no server and no settings."""

import json
from dataclasses import asdict

import click


@click.command("surfaces")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: surface, name, phi_level, payload.")
def COMMAND(*, as_json: bool) -> None:  # noqa: N802 - what `discover` looks for
    """Print each message, modal and Home there is, as the API gets it, at each level of what Slack may see of a patient."""
    from bot import surfaces

    for one in surfaces.every():
        whole = json.dumps(asdict(one), ensure_ascii=False)
        click.echo(whole if as_json else f"{one.surface:8}{one.phi_level:10}{one.name} ({len(whole):,} characters)")
