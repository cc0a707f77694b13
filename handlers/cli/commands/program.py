"""`app.py program`: check programs, publish them, change their words, move who runs on them."""

import sys
from pathlib import Path

import click

from handlers.cli.launch_plan import launch_plan
from handlers.cli.versions import COMMANDS


@click.group("program")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Programs: check, publish, change, migrate."""


for _command in (*COMMANDS, launch_plan):
    COMMAND.add_command(_command)


@COMMAND.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Every file of words that comes with Careloop.")
def lint_program(paths: tuple[Path, ...], everything: bool) -> None:
    """Say what is wrong with files of words (programs, texts); exit 1 when one may not be published."""
    from workflows import wording

    if everything == bool(paths):
        raise click.UsageError("name files, or say --all")
    wanted = wording.everything() if everything else list(paths)
    found = [finding for path in wanted for finding in wording.check(path)]
    for finding in found:
        click.echo(str(finding))
    counted = (len(wording.programs()), "program") if everything else (len(wanted), "file")
    click.echo(f"{_count(*counted)}, {_count(len(found), 'problem')}")
    if any(finding.problem.level == "error" for finding in found):
        sys.exit(1)


@COMMAND.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of a program file, for editors; docs/program.schema.json is the same."""
    from workflows.programs.model import schema_text

    click.echo(schema_text(), nl=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else f'{noun}s'}"
