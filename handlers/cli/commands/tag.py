"""`app.py tag`: mark a patient, payer or account, so that people own its runs (workflows/policy_rules.yaml)."""

import click

from handlers.cli.root import Root


@click.command("tag")
@click.argument("verb", type=click.Choice(["put", "drop"]))
@click.argument("tag")
@click.option("--patient", help="The patient's EHR id.")
@click.option("--payer", help="The payer's code, as triggers name it.")
@click.option("--account", help="The account's code, as triggers name it.")
@click.option("--org", "shown", help="Which organisation, when there are several.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would happen.")
@click.pass_obj
def COMMAND(root: Root, /, verb: str, tag: str, **options: str | bool | None) -> None:  # noqa: N802 - what `discover` looks for
    """Put a mark (high_value, sensitive, by_hand, hcahps_sampled …) on one patient, payer or account, or take it away."""
    from core.errors import Refused
    from storage import visits
    from workflows import tags

    named = [(kind, str(options[kind])) for kind in tags.SUBJECTS if options[kind]]
    if len(named) != 1:
        raise click.UsageError("name one of --patient, --payer, --account")
    subject, key = named[0]
    if not options["yes"]:
        click.echo(f"Would {verb} {tag} on the {subject}. Say --yes to do it.")
        return
    db = root.db()
    with db.begin(org=root.org(db, str(options["shown"] or "") or None)) as session:
        if subject == "patient":
            row = visits.patient(session, key)
            if row is None:
                raise Refused("No patient here has this EHR id. Nothing was changed.")
            key = str(row.id)
        change = tags.put if verb == "put" else tags.drop
        done = change(session, subject, key, tag, by="operator")
    click.echo("Done." if done else "It was so already. Nothing was changed.")
