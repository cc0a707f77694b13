"""`app.py program list|show|diff|publish|draft|approve|migrate`: versions of programs. Added to the group in `commands/program.py`."""

import json
from pathlib import Path
from typing import Any

import click

from handlers.cli.root import Root

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ORG = click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
BY = click.option("--by", required=True, help="The e-mail of the member of staff who does this.")
YES = click.option("--yes", is_flag=True, help="Do it; without this, only show what would happen.")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON lines.")


@click.command("list")
@click.argument("code", required=False)
@ORG
@JSON
@click.pass_obj
def list_versions(root: Root, code: str | None, shown: str | None, *, as_json: bool) -> None:
    """Published programs with their versions and who still runs on each."""
    from workflows import publishing

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        found = publishing.standings(session, code)
    for one in found:
        line = {"program": one.code, "version": one.number, "live": one.live, "running": one.running}
        words = f"{one.code}@{one.number}  {'live' if one.live else '    '}  {one.running} running  {one.published_at:%Y-%m-%d}"
        click.echo(json.dumps(line | {"published_at": one.published_at.isoformat()}) if as_json else words)


@click.command("show")
@click.argument("named")
@ORG
@click.pass_obj
def show_version(root: Root, named: str, shown: str | None) -> None:
    """Print the YAML of a version: CODE (what is live) or CODE@2."""
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        click.echo(_source(session, named), nl=False)


@click.command("diff")
@click.argument("before")
@click.argument("after")
@ORG
@click.pass_obj
def diff_versions(root: Root, before: str, after: str, shown: str | None) -> None:
    """What changes from one version to another, by step and text: CODE, CODE@2 or a file."""
    from workflows.programs.difference import difference
    from workflows.programs.model import parse

    if Path(before).is_file() and Path(after).is_file():
        sources = [Path(before).read_text("utf-8"), Path(after).read_text("utf-8")]
    else:
        db = root.db()
        with db.begin(org=root.org(db, shown)) as session:
            sources = [_source(session, before), _source(session, after)]
    for line in difference(parse(sources[0]), parse(sources[1])) or ["no difference"]:
        click.echo(line)


@click.command("publish")
@click.argument("path", type=FILE)
@BY
@YES
@ORG
@click.pass_obj
def publish_version(root: Root, path: Path, by: str, *, yes: bool, shown: str | None) -> None:
    """Make a program file the live version; running enrollments stay on theirs."""
    from workflows import publishing, staff
    from workflows.programs.model import parse

    text = path.read_text("utf-8")
    code = parse(text).program
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        if not yes:
            click.echo(f"{path.name} would become the next version of {code}. Add --yes to publish it.")
            return
        click.echo(f"{code}@{publishing.publish_file(session, text, by=who).number} is live")


@click.command("draft")
@click.argument("code")
@click.option("--text", "key", default=None, help="The text to change, as it is named under texts.")
@click.option("--language", default="en", show_default=True)
@click.option("--words", default=None, help="What it shall say.")
@click.option("--file", "path", type=FILE, default=None, help="Or a whole program file.")
@click.option("--discard", is_flag=True, help="Give the draft up.")
@click.option(
    "--by", default=None, help="The e-mail of the member of staff who edits; without it the draft is only shown."
)
@ORG
@JSON
@click.pass_obj
def draft_program(root: Root, /, code: str, *, by: str | None, shown: str | None, as_json: bool, **edit: Any) -> None:
    """Change a text and see both languages, their segments and what lint says; somebody else approves."""
    from workflows import drafts, staff

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        if by is not None:
            who = staff.of_email(session, by)
            if edit["discard"]:
                drafts.discard(session, code, by=who)
                click.echo(f"The draft of {code} is gone.")
                return
            if edit["path"] is not None:
                drafts.edit_file(session, edit["path"].read_text("utf-8"), by=who)
            elif edit["key"] and edit["words"]:
                drafts.edit_text(session, code, edit["key"], language=edit["language"], words=edit["words"], by=who)
        seen = drafts.preview(session, code)
    for line in [json.dumps(_as_json(seen), ensure_ascii=False)] if as_json else _lines(seen):
        click.echo(line)


@click.command("approve")
@click.argument("code")
@click.option("--revision", type=int, required=True, help="The revision that was looked at, as `draft` printed it.")
@BY
@YES
@ORG
@click.pass_obj
def approve_draft(root: Root, code: str, revision: int, by: str, *, yes: bool, shown: str | None) -> None:
    """Publish a draft that somebody else edited."""
    from workflows import drafts, staff

    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        if not yes:
            for line in drafts.preview(session, code).changes:
                click.echo(line)
            click.echo("Add --yes to publish this.")
            return
        click.echo(f"{code}@{drafts.approve(session, code, revision=revision, by=who).number} is live")


@click.command("migrate")
@click.argument("code")
@click.option("--to", "number", type=int, required=True, help="The version to move to.")
@click.option("--where", multiple=True, help="step=NAME: only who stands there; may be given several times.")
@click.option("--map", "mapped", multiple=True, help="old=new: a step that is called otherwise in the new version.")
@BY
@YES
@ORG
@click.pass_obj
def migrate_running(
    root: Root, /, code: str, number: int, *, by: str, yes: bool, shown: str | None, **chosen: Any
) -> None:
    """Move running enrollments to another version; refused as a whole where a step has no counterpart."""
    from workflows import migrating, staff

    steps = dict(_pair(item) for item in chosen["mapped"])
    where = [name for key, name in map(_pair, chosen["where"]) if key == "step"]
    db = root.db()
    with db.begin(org=root.org(db, shown)) as session:
        who = staff.of_email(session, by)
        for group in migrating.preview(session, code, to=number, where=where, steps=steps):
            target = group.why_not or f"-> {group.to or 'not begun'}"
            click.echo(f"{code}@{group.number}  {group.step or 'not begun'}  {group.patients} patients  {target}")
        if not yes:
            click.echo("Add --yes to move them.")
            return
        moved = migrating.migrate(session, code, to=number, by=who, where=where, steps=steps)
    click.echo(f"{moved} moved to {code}@{number}")


COMMANDS = (list_versions, show_version, diff_versions, publish_version, draft_program, approve_draft, migrate_running)


def _source(session: Any, named: str) -> str:
    from workflows import publishing

    if Path(named).is_file():
        return Path(named).read_text("utf-8")
    code, _, number = named.partition("@")
    if not number:
        return publishing.live(session, code)[1].source
    if not number.isdigit():
        raise click.UsageError(f"{named}: a version is a number, like {code}@2")
    return publishing.version(session, code, int(number)).source


def _pair(item: str) -> tuple[str, str]:
    left, equals, right = item.partition("=")
    if not (left and equals and right):
        raise click.UsageError(f"{item}: write it like step=first")
    return left, right


def _as_json(seen: Any) -> dict[str, Any]:
    return {
        "program": seen.program,
        "revision": seen.revision,
        "changes": seen.changes,
        "texts": [
            {"text": f"{t.key}.{t.language}", "shown": t.shown, "segments": t.segments, "changed": t.changed}
            for t in seen.texts
        ],
        "problems": [{"level": p.level, "where": p.where, "say": p.say} for p in seen.problems],
    }


def _lines(seen: Any) -> list[str]:
    texts = [
        f"{t.key}.{t.language} ({t.segments} segment{'s' if t.segments > 1 else ''}): {t.shown}"
        for t in seen.texts
        if t.changed
    ]
    problems = [f"{problem.level}: {problem.where}: {problem.say}" for problem in seen.problems]
    ready = "Somebody else approves: " + f"app.py program approve {seen.program} --revision {seen.revision} --by …"
    return [f"Draft of {seen.program}, revision {seen.revision}", *seen.changes, *texts, *problems, ready]
