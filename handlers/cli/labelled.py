"""`app.py understand --corrections FILE`: what staff corrected, as a labelled file."""

import json
import os
from pathlib import Path

import click

from handlers.cli.root import Root

OWNER_ONLY = 0o600
WARNING = (
    "It holds what patients wrote, opened, with nothing taken out: keep it encrypted, share it with nobody who may not read charts, "
    "and delete it after use."
)


def export(root: Root, path: Path, *, shown: str | None, yes: bool) -> None:
    """Write every corrected text as a line for `--eval`; the audit says so. Without `yes` only count them."""
    from storage import audit
    from workflows import corrections

    if str(path) in ("-", "/dev/stdout", "/dev/stderr"):
        raise click.UsageError("patients' words are not written to a terminal: name a file")
    db = root.db()
    org = root.org(db, shown)
    with db.begin(org=org) as session:
        if not yes:
            click.echo(f"{corrections.count(session)} corrected texts would be written to {path.name}. {WARNING}")
            click.echo("Add --yes to write it.")
            return
        audit.record(session, "corrections.exported", actor="operator", subject=("organisation", org))
        written = 0
        with os.fdopen(_closed_to_others(path), "w", encoding="utf-8") as file:
            for line in corrections.examples(session):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                written += 1
    click.echo(f"{written} corrected texts written to {path.name}, readable by you alone. {WARNING}", err=True)


def _closed_to_others(path: Path) -> int:
    """Opened for the owner alone from the first byte, also where the file was there with wider rights."""
    found = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY)
    os.fchmod(found, OWNER_ONLY)
    os.ftruncate(found, 0)
    return found
