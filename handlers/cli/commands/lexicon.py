"""`app.py lexicon`: an organisation's own words over the built-in ones (docs/lexicon.md)."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from handlers.cli.root import Root

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ORG = click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
BY = click.option("--by", required=True, help="The e-mail of the member of staff who does this.")
YES = click.option("--yes", is_flag=True, help="Do it; without this, only show what would happen.")
MESSAGES = click.option(
    "--messages", type=FILE, multiple=True,
    help="JSON lines {id, text, context, ref} to read with and without it; Careloop's own development messages by default.",
)  # fmt: skip
DEVELOPMENT = Path(__file__).parents[3] / "tests" / "data" / "replies"


@click.group("lexicon")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """An organisation's own lexicon: check, hand in, approve, show."""


@COMMAND.command("lint")
@click.argument("path", type=FILE)
@MESSAGES
def lint(path: Path, messages: tuple[Path, ...]) -> None:
    """Say what is wrong with a file and what it would read otherwise; exit 1 when it may not be used."""
    from workflows.understanding import overlay_checks

    found = overlay_checks.check(path.read_text("utf-8"), _rows(messages))
    for problem in found:
        click.echo(str(problem))
    wrong = sum(problem.level == "error" for problem in found)
    click.echo(f"{wrong} to mend, {len(found) - wrong} to look at")
    if wrong:
        sys.exit(1)


@COMMAND.command("apply")
@click.argument("path", type=FILE)
@MESSAGES
@BY
@YES
@ORG
@click.pass_obj
def hand_in(root: Root, path: Path, messages: tuple[Path, ...], *, by: str, yes: bool, shown: str | None) -> None:
    """Hand a file in as the organisation's next version; a clinician who is somebody else makes it live."""
    from workflows import lexicons, staff

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        with session.begin_nested() as trial:
            handed = lexicons.hand_in(session, path.read_text("utf-8"), by=who, messages=_rows(messages))
            if not yes:
                trial.rollback()
    for note in handed.notes:
        click.echo(str(note))
    if not yes:
        click.echo(f"{path.name} would be lexicon {handed.number}. Add --yes to hand it in.")
        return
    click.echo(
        f"Lexicon {handed.number} is handed in. A clinician makes it live: app.py lexicon approve {handed.number} --by …"
    )


@COMMAND.command("approve")
@click.argument("number", type=int)
@BY
@YES
@ORG
@click.pass_obj
def approve(root: Root, number: int, *, by: str, yes: bool, shown: str | None) -> None:
    """Read patients' texts with a version that somebody else handed in (or with an older one again)."""
    from workflows import lexicons, staff

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        if not yes:
            click.echo(lexicons.version(session, number).source, nl=False)
            click.echo("Add --yes to read with this.", err=True)
            return
        lexicons.approve(session, number, by=who)
    click.echo(f"Lexicon {number} is live.")


@COMMAND.command("show")
@click.argument("number", type=int, required=False)
@ORG
@click.pass_obj
def show(root: Root, number: int | None, shown: str | None) -> None:
    """List the organisation's versions, or print the file of one."""
    from workflows import lexicons

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        if number is not None:
            click.echo(lexicons.version(session, number).source, nl=False)
            return
        found, live = lexicons.versions(session)
    for row in found:
        state = "live" if row.id == live else "waits for approval" if row.live_at is None else "was live"
        click.echo(f"{row.number}  {row.edited_at:%Y-%m-%d}  {state}")
    if not found:
        click.echo("The built-in lexicon alone.")


@COMMAND.command("built-in")
@click.argument("name", required=False)
def built_in(name: str | None) -> None:
    """Name the built-in concepts that a file may extend, or print one's lines."""
    from workflows.understanding.lexicon import everything

    for concept in everything().concepts:
        if concept.kind in ("clinical", "phrases") and name in (None, concept.name):
            click.echo(f"{concept.name}  {concept.kind}  {concept.tier.value}  {concept.label}")
            if name:
                for pattern in concept.patterns:
                    click.echo(f"  {pattern.line}")


def _rows(files: tuple[Path, ...]) -> Iterator[dict[str, Any]]:
    for path in files or sorted(DEVELOPMENT.glob("dev*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)
