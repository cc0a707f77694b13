"""`app.py pack`: starter packs, one for each kind of setting."""

import click

from handlers.cli.root import Root


@click.group("pack")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Starter packs: programs, words and cohorts for a kind of setting."""


@COMMAND.command("list")
def list_packs() -> None:
    """Name the packs and whom each is for."""
    from workflows import packs

    for name, pack in packs.built_in().items():
        click.echo(f"{name}: {pack.title}. {pack.for_whom}")


@COMMAND.command("show")
@click.argument("name")
@click.option("--program", help="Print this program as the pack publishes it.")
def show_pack(name: str, program: str | None) -> None:
    """Say what a pack publishes, and what it changes of each built-in program."""
    from workflows import packs

    pack = packs.of_code(name)
    if program:
        click.echo(pack.source(program), nl=False)
        return
    click.echo(f"{pack.title}. {pack.for_whom}\nCohort presets: {', '.join(pack.cohorts) or 'none'}")
    for code in pack.programs:
        changes = pack.changes(code)
        click.echo(f"{code}: {pack.program(code).title}" + ("" if changes else ", as it is built in"))
        for line in changes:
            click.echo(f"  {line}")


@COMMAND.command("install")
@click.argument("name")
@click.option("--by", required=True, help="The e-mail of the member of staff who does this.")
@click.option("--yes", is_flag=True, help="Do it; without this, only show what would happen.")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.pass_obj
def install_pack(root: Root, name: str, by: str, *, yes: bool, shown: str | None) -> None:
    """Publish a pack's programs, offer its cohorts, and retire the built-in programs that it leaves out."""
    from workflows import staff
    from workflows.packs import installing

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        with session.begin_nested() as trial:
            done = installing.install_for(session, name, by=who)
            if not yes:
                trial.rollback()
    click.echo(f"{'Live' if yes else 'Would be live'}: {', '.join(done.live)}")
    click.echo(f"{'Retired' if yes else 'Would be retired'}: {', '.join(done.retired) or 'none'}")
    click.echo(f"Cohort presets: {', '.join(done.cohorts) or 'none'}")
    if not yes:
        click.echo("Add --yes to install it.")
