"""`app.py understand --replay SINCE`: what today's engine would read differently."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handlers.cli.root import Root

if TYPE_CHECKING:
    from workflows.replaying import Difference, Summary


def run(root: Root, since: datetime, *, lexicon: Path | None, shown: str | None, as_json: bool) -> None:
    """Print each difference and the counts; exit 1 when an emergency or an opt-out would be missed now. Nothing is written."""
    from workflows import replaying
    from workflows.understanding import overlay

    words = overlay.compiled(overlay.parse(lexicon.read_text("utf-8")), version=lexicon.name) if lexicon else None
    db = root.db()
    org = root.org(db, shown)
    with db.begin(org=org) as session:
        begun = replaying.midnight(session, since)
    summary = replaying.Summary()
    for one in replaying.replay(db, org, since=begun, summary=summary, words=words):
        click.echo(json.dumps(one.plain()) if as_json else _line(one))
    click.echo(json.dumps({"summary": asdict(summary)}) if as_json else _counts(summary))
    if summary.lost:
        sys.exit(1)


def _line(one: "Difference") -> str:
    (was, now), (before, after) = one.urgency, (set(labels) for labels in one.intents)
    changes = [f"{was.value} -> {now.value}"] if was is not now else []
    changes += [f"-{label}" for label in sorted(before - after)] + [f"+{label}" for label in sorted(after - before)]
    by = " (as staff corrected it)" if one.corrected else ""
    lost = "LOST  " if one.lost else ""
    rules = ", ".join(one.rules) or "no rule"
    return f"{lost}{one.plain()['id']}  {one.at:%Y-%m-%d %H:%M}Z  {', '.join(changes)}{by}  [{rules}]"


def _counts(summary: "Summary") -> str:
    urgency = f"{summary.raised} more urgent, {summary.lowered} less"
    emergencies = f"{summary.emergencies_gained} gained, {summary.emergencies_lost} lost"
    opt_outs = f"{summary.opt_outs_gained} gained, {summary.opt_outs_lost} lost"
    lines = [
        f"{summary.read} texts read again, {summary.different} differently: {urgency}",
        f"emergencies: {emergencies}; opt-outs: {opt_outs}",
    ]
    return "\n".join(lines + [f"{summary.unread} held no words to read"] * bool(summary.unread))
