"""Where in Slack what of a patient may be seen, by what the organisation allows it (phi_level)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.slack import Workspace
from tests.watch.hearing import Request

NOTHING: frozenset[str] = frozenset()
WORDS = frozenset({"asked", "body", "note"})
ALL = frozenset({"name", "phone", "birth", "mrn", "email"}) | WORDS
NAME = frozenset({"name"})
MAY: dict[str, dict[str, frozenset[str]]] = {
    "none": {},
    "initials": {"modal": WORDS},
    "full": {
        "card": NAME | {"asked"},
        "thread": NAME | {"asked", "body"},
        "whisper": NAME,
        "home": NAME,
        "modal": ALL,
    },
}
"""Level → surface → kinds; what is not in here may not be seen. Only in what is shown: a push, a value, an id, an address, metadata and a
file's name hold nothing of a patient at any level, and neither does a log, a job or Redis."""
SURFACES = {
    "chat.postMessage": "card",
    "chat.update": "card",
    "chat.postEphemeral": "whisper",
    "views.open": "modal",
    "views.push": "modal",
    "views.update": "modal",
    "views.publish": "home",
}
"""A direct message is a card to one person."""
SHOWN_KEYS = ("initial_value", "alt_text")
TEXT_TYPES = ("plain_text", "mrkdwn", "text")


@dataclass(frozen=True)
class Piece:
    """One string that got somewhere: on which surface, whether people see it there (`shown`) or not, at which level."""

    place: str
    level: str
    surface: str
    shown: bool
    text: str

    @property
    def may(self) -> frozenset[str]:
        """The kinds that may be in it."""
        return MAY.get(self.level, {}).get(self.surface, NOTHING) if self.shown else NOTHING


def pieces(request: Request, slack: Workspace | None) -> Iterator[Piece]:
    """A request in its strings; a body that cannot be read is one string."""
    method = request.path.rpartition("/")[2]
    args = _args(request)
    surface = _surface(request, method, args, slack)
    place = f"the answer to {request.path}" if request.answer else method if "/api/" in request.path else request.path
    for name, value in request.headers.items():
        if name != "authorization":
            yield Piece(f"{place}, header {name}", request.level, surface, shown=False, text=value)
    yield Piece(f"{place}, address", request.level, surface, shown=False, text=f"{request.path}?{request.query}")
    for shown, text in _strings(args, surface):
        yield Piece(place, request.level, surface, shown=shown, text=text)


def _args(request: Request) -> Any:
    kind = request.headers.get("content-type", "")
    body = request.body.decode("utf-8", "replace")
    if "form-urlencoded" in kind:
        return {name: _structured(value) for name, value in parse_qsl(body, keep_blank_values=True)}
    read = _structured(body)
    return read.get("payload", read) if isinstance(read, dict) and "envelope_id" in read else read


def _structured(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _surface(request: Request, method: str, args: Any, slack: Workspace | None) -> str:
    if request.answer:
        return "modal" if isinstance(args, dict) and "response_action" in args else "whisper"
    if request.path.startswith("/slack/response/"):
        return "whisper"
    found = SURFACES.get(method, "call")
    return "thread" if found == "card" and isinstance(args, dict) and _in_thread(args, slack) else found


def _in_thread(args: dict[str, Any], slack: Workspace | None) -> bool:
    if args.get("thread_ts"):
        return True
    room = slack.rooms.all.get(str(args.get("channel"))) if slack else None
    return room is not None and any(one.ts == args.get("ts") and one.thread_ts for one in room.messages)


def _strings(args: Any, surface: str) -> Iterator[tuple[bool, str]]:
    if not isinstance(args, dict):
        yield surface == "whisper", str(args)
        return
    for name, value in args.items():
        alone = name == "text" and not args.get("blocks") and surface in ("whisper", "thread")
        yield from _walk(value, shown=alone)


def _walk(value: Any, *, shown: bool) -> Iterator[tuple[bool, str]]:
    if isinstance(value, dict):
        seen = value.get("type") in TEXT_TYPES
        for key, inner in value.items():
            yield False, key
            yield from _walk(inner, shown=(seen and key == "text") or key in SHOWN_KEYS)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, shown=False)
    elif value is not None and not isinstance(value, bool):
        yield shown, str(value)
