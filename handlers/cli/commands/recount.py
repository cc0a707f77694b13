"""`app.py recount`: figures' facts and counts, all of them made anew from the rows."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import click

from core import clock
from core.errors import Temporary
from handlers.cli.root import Root

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.db import Database

T = TypeVar("T")


@click.command("recount")
@click.option("--org", "shown", default=None, help="Which organisation (org_…), where there are several.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what is there.")
@click.pass_obj
def COMMAND(root: Root, /, *, shown: str | None, as_json: bool, yes: bool) -> None:  # noqa: N802 - what `discover` looks for
    """Make the counts that figures are read from anew, from nothing. The night's refresh ends in the same numbers."""
    from workflows.kpis import engine, states

    db = root.db()
    org = root.org(db, shown)
    if yes:
        _part(db, org, engine.begin_anew)
        while _part(db, org, engine.go_on):
            pass
    with db.begin(org=org) as session:
        at = states.as_of(session)
    line = {"as_of": at.isoformat() if at else None, "made_anew": yes}
    words = f"Counted as of {at:%Y-%m-%d %H:%M} UTC." if at else "Nothing is counted yet."
    click.echo(json.dumps(line) if as_json else words if yes or at is None else f"{words} With --yes it is made anew.")


def _part(db: "Database", org: UUID, act: Callable[["Session"], T]) -> T:
    """In a transaction of its own, once nobody else is at it."""
    while True:
        try:
            with db.begin(org=org) as session:
                return act(session)
        except Temporary as held:
            clock.pause(held.retry_after_s or 1.0)
