"""`app.py cohort`: who a rule or a list selects, told as counts."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from handlers.cli.root import Root

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ORG = click.option("--org", default=None, help="Which organisation (org_…), when there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
SOURCE = click.option(
    "--source", default="csv", show_default=True, help="Where such files come from; its headers are kept."
)
REJECTED = click.option(
    "--rejected", type=click.Path(dir_okay=False, path_type=Path), help="Write the rejected rows there."
)


@click.group("cohort")
def COMMAND() -> None:  # noqa: N802 - what `discover` looks for
    """Cohorts: rules and lists that select patients."""


@COMMAND.command("preview")
@click.argument("code", required=False)
@click.option("--csv", "path", type=FILE, help="Try a list instead of a rule.")
@SOURCE
@REJECTED
@ORG
@JSON
@click.pass_obj
def preview(
    root: Root,
    code: str | None,
    *,
    path: Path | None,
    source: str,
    rejected: Path | None,
    org: str | None,
    as_json: bool,
) -> None:
    """Count who is in and who is out and why, without keeping anything."""
    from handlers.cli import cohorts

    if (code is None) == (path is None):
        raise click.UsageError("name a cohort, or say --csv FILE")
    db = root.db()
    if path is None:
        _tell(cohorts.preview(db, root.org(db, org), str(code)), as_json=as_json)
        return
    told, refused = cohorts.take_csv(db, root.org(db, org), path, source=source, keep=False)
    _tell(told, as_json=as_json)
    _write(rejected, refused)


@COMMAND.command("load")
@click.argument("path", type=FILE)
@SOURCE
@REJECTED
@click.option("--yes", is_flag=True, help="Do it; without this, only try it.")
@ORG
@JSON
@click.pass_obj
def load(
    root: Root, path: Path, *, source: str, rejected: Path | None, yes: bool, org: str | None, as_json: bool
) -> None:
    """Take in a list: CSV, or a FHIR Group as .json (its name here is --source)."""
    from handlers.cli import cohorts

    db = root.db()
    if path.suffix == ".json":
        if not yes:
            raise click.UsageError("a Group is taken as it is: say --yes")
        _tell(
            cohorts.take_group(db, root.org(db, org), json.loads(path.read_text("utf-8")), code=source), as_json=as_json
        )
        return
    told, refused = cohorts.take_csv(db, root.org(db, org), path, source=source, keep=yes)
    _tell(told, as_json=as_json)
    _write(rejected, refused)
    if not yes:
        click.echo("Nothing was kept: say --yes to keep the list.", err=True)


@COMMAND.command("list")
@ORG
@JSON
@click.pass_obj
def list_cohorts(root: Root, *, org: str | None, as_json: bool) -> None:
    """Name the cohorts there are."""
    from handlers.cli import cohorts

    db = root.db()
    for row in cohorts.listed(db, root.org(db, org)):
        click.echo(json.dumps(row) if as_json else f"{row['cohort']} ({row['kind']}): {row['title']}")


@COMMAND.command("save")
@click.argument("path", type=FILE)
@click.option("--yes", is_flag=True, help="Do it; without this, only check the file.")
@ORG
@click.pass_obj
def save(root: Root, path: Path, *, yes: bool, org: str | None) -> None:
    """Keep a rule file as the organisation's own, under the name inside it."""
    from handlers.cli import cohorts

    _check([path])
    if yes:
        db = root.db()
        click.echo(cohorts.save(db, root.org(db, org), path))


@COMMAND.command("lint")
@click.argument("paths", nargs=-1, type=FILE)
@click.option("--all", "everything", is_flag=True, help="Every rule that comes with Careloop.")
def lint(paths: tuple[Path, ...], everything: bool) -> None:
    """Say what is wrong with rule files, by file, line and rule; exit 1 when one may not be used."""
    from workflows.cohorts import rules

    if everything == bool(paths):
        raise click.UsageError("name files, or say --all")
    wanted = rules.files() if everything else list(paths)
    count = _check(wanted)
    click.echo(
        f"{len(wanted)} {'cohort' if len(wanted) == 1 else 'cohorts'}, {count} {'problem' if count == 1 else 'problems'}"
    )


def _check(paths: list[Path]) -> int:
    from handlers.cli import cohorts

    found = list(cohorts.linted(paths))
    for name, one in found:
        click.echo(f"{name}:{one.line}: {one.level} {one.rule}: {one.where}: {one.say}")
    if any(one.level == "error" for _, one in found):
        sys.exit(1)
    return len(found)


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"considered: {told['considered']}")
    for step in told["steps"]:
        click.echo(f"  {step['step']}: {step['out']} out, {step['left']} left")
    click.echo(f"in: {told['in']}")
    for name, count in told.get("rows", {}).items():
        click.echo(f"{name}: {count}")
    if told["stale"]:
        click.echo(f"not read lately, so nobody is in: {', '.join(told['stale'])}", err=True)


def _write(path: Path | None, text: str) -> None:
    if path is not None:
        path.write_text(text, "utf-8")
