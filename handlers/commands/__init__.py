"""Slash commands: one file each, exporting `COMMAND`. Discovered at boot; a duplicate stops the start."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from slack_bolt import Ack, BoltContext
from sqlalchemy.orm import Session

from core import clock
from core.errors import Refused
from handlers.deps import Deps
from handlers.edge import Click, OpenPage, Show, follow, org_of_team
from workflows import staff
from workflows.staff import Who

Said = (
    str | Show | OpenPage
)  # words that only the person who typed it sees, a form that opens, or a link to the signed-in page


@dataclass(frozen=True, slots=True)
class Command:
    """`answer(session, text, who)` says what only the person who typed it sees, or which form opens."""

    name: str
    answer: Callable[[Session, str, Who], Said]


def discover() -> dict[str, Command]:
    """Every command of this folder by its name."""
    found: dict[str, Command] = {}
    for module in pkgutil.iter_modules(sys.modules[__name__].__path__):
        command = importlib.import_module(f"{__name__}.{module.name}").COMMAND
        if command.name in found:
            raise ValueError(f"two commands are named {command.name}")
        found[command.name] = command
    return found


def listener(deps: Deps, command: Command) -> Callable[..., None]:
    """Wrap a command as a Bolt listener: one transaction, then the answer as the ack; a form opens right after it."""

    def run(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        team = str(body.get("team_id", ""))
        org = org_of_team(deps, team)
        if org is None:
            ack(text="This workspace is not connected to Careloop.", response_type="ephemeral")
            return
        try:
            with deps.db.begin(org=org) as session:
                who = staff.of_slack(session, team, str(body.get("user_id", "")))
                said = command.answer(session, str(body.get("text", "")).strip(), who)
        except Refused as refusal:
            said = refusal.say
        if isinstance(said, str):
            ack(text=said, response_type="ephemeral")
            return
        ack()
        click, after = _typed(org, team, body, context), said
        context["after"] = lambda: follow(deps, click, after)

    run.__name__ = command.name.strip("/")
    return run


def _typed(org: UUID, team: str, body: dict[str, Any], context: BoltContext) -> Click:
    return Click(
        org=org,
        workspace=team,
        user=str(body.get("user_id", "")),
        trigger_id=str(body.get("trigger_id") or ""),
        value="",
        view={},
        response_url=body.get("response_url"),
        received_s=float(context.get("received_s") or clock.monotonic()),
    )
