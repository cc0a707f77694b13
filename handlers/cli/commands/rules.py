"""`app.py rules`: what counsel has to confirm and what the law has overtaken, before and while texts are sent (T2, R5)."""

import json

import click

from handlers.cli.root import Root


@click.command("rules")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def COMMAND(root: Root, /, shown: str | None, as_json: bool) -> None:  # noqa: N802 - what `discover` looks for
    """List state windows without source or confirmed date, and settings that are not allowed (any more); 1 if a setting is wrong."""
    from storage.db import now
    from workflows import sending_rules, state_rules

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        wrong = sending_rules.problems(sending_rules.of(session), now(session).date())
    found = [*(("counsel", line) for line in state_rules.to_confirm()), *(("setting", line) for line in wrong)]
    for kind, line in found:
        click.echo(json.dumps({"kind": kind, "problem": line}) if as_json else f"{kind}: {line}")
    if wrong:
        raise click.exceptions.Exit(1)
