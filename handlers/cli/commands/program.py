"""`app.py program`: check programs before publishing."""

import sys
from pathlib import Path

import click


@click.group("program")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Programs: check them before publishing."""


@COMMAND.command("lint")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def lint_program(path: Path) -> None:
    """Say what is wrong with a program file; exit 1 when it may not be published."""
    from workflows.programs.lint import lint_text

    problems = lint_text(path.read_text("utf-8"))
    for problem in problems:
        click.echo(f"{problem.level}: {problem.where}: {problem.say}")
    if any(problem.level == "error" for problem in problems):
        sys.exit(1)
    click.echo(f"{path.name}: fine")
