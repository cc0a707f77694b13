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

from bot.blocks import Message, clip, escape
from core import clock
from core.errors import Refused
from handlers.deps import Deps
from handlers.edge import After, Click, Load, OpenPage, Reckon, Show, Whisper, account, carry_out, follow, org_of_team
from workflows.staff import Who

Said = str | Message | Show | Load | Reckon | OpenPage
"""Words or a message that only the person who typed it sees (what takes longer after a first line), a form that opens (at once, or when
it is made), or a link to the page."""

NOT_CONNECTED = "This workspace is not connected to Careloop."
LONGEST = 3_000  # of an answer in words
MOST_TYPED = 500  # more than any of our commands means


@dataclass(frozen=True, slots=True)
class Command:
    """`answer(session, text, who)` says what only the person who typed it sees, or which form opens.

    `description` and `usage` are Slack's own help, shown while typing.
    """

    name: str
    answer: Callable[[Session, str, Who], Said]
    description: str
    usage: str = "help"


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
    """Wrap a command as a Bolt listener: one transaction, then the answer as the ack; a form opens right after it.

    What is typed twice by one trigger is answered once.
    """

    def run(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        team = str(body.get("team_id", ""))
        org = org_of_team(deps, team)
        if org is None:
            ack(text=NOT_CONNECTED, response_type="ephemeral")
            return
        click, said = _typed(org, deps.vendors.people(org, team), body, context), typed(str(body.get("text", "")))
        answers: list[str | Message] = []

        def act(session: Session, _click: Click, who: Who) -> After:
            answer = command.answer(session, said, who)
            if isinstance(answer, str | Message):
                answers.append(answer)
                return None
            if isinstance(answer, Reckon):
                answers.append(answer.first)
            return answer

        try:
            after = carry_out(deps, act, click)
        except Refused as refusal:
            after, answers = None, [refusal.say]
        _acknowledge(ack, answers)
        if after is not None and not isinstance(after, Whisper):
            context["after"] = lambda: follow(deps, click, after)

    run.__name__ = command.name.strip("/")
    return run


def typed(text: str) -> str:
    """What was typed after a command as words with single spaces: no control characters, and not more than any command means."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 2 * MOST_TYPED])
    return " ".join(printable.replace("`", " ").split())[:MOST_TYPED]


def _acknowledge(ack: Ack, answers: list[str | Message]) -> None:
    answer = answers[0] if answers else None
    if answer is None:
        ack()
    elif isinstance(answer, Message):
        ack(text=answer.text, blocks=list(answer.blocks), response_type="ephemeral")
    else:
        ack(text=clip(escape(answer), LONGEST), response_type="ephemeral")


def _typed(org: UUID, team: str, body: dict[str, Any], context: BoltContext) -> Click:
    return Click(
        org=org,
        workspace=team,
        user=account(body.get("user_id")),
        trigger_id=str(body.get("trigger_id") or ""),
        value="",
        view={},
        response_url=body.get("response_url"),
        received_s=float(context.get("received_s") or clock.monotonic()),
        channel=str(body.get("channel_id") or ""),
    )


def case_number(word: str) -> int | None:
    """The number in "1042" or "#1042"; None for anything else, and for what is longer than any number of ours."""
    bare = word.removeprefix("#")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 12 else None
