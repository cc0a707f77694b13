"""A local Slack on a free loopback port, and a small app for it to talk to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response
from slack_sdk import WebClient

from sandbox.slack import Channel, Person, SlackConfig, Workspace
from sandbox.tls import TLS
from tests.serving import serving

NURSE, CLERK, OUTSIDER = "U0NURSE", "U0CLERK", "U0OUT"
BOT = "U0BOT"
ROOM, LOUNGE, SECRET, OLD = "C0ACCESS", "C0LOUNGE", "C0SECRET", "C0OLD"
SCOPES = frozenset(
    {
        "chat:write",
        "commands",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "im:write",
        "users:read",
        "users:read.email",
        "files:read",
        "files:write",
        "usergroups:read",
    }
)


def config(**changes: Any) -> SlackConfig:
    """One private channel with the app in it, a public one without, a private one it cannot see, an archived one."""
    plain = SlackConfig(
        team_id="T0CLINIC",
        team_name="Lakeside",
        bot_token="xoxb-sandbox",
        app_id="A0CARE",
        bot_user_id=BOT,
        signing_secret="sandbox-signing",
        events_url="http://127.0.0.1:1/slack/events",
        interactivity_url="http://127.0.0.1:1/slack/events",
        commands_url="http://127.0.0.1:1/slack/events",
        scopes=SCOPES,
        base_url="http://127.0.0.1:1",
        channels=(
            Channel(ROOM, "patient-access", private=True, members=(NURSE, CLERK, BOT)),
            Channel(LOUNGE, "lounge", members=(NURSE,)),
            Channel(SECRET, "secret", private=True, members=(NURSE,)),
            Channel(OLD, "old", members=(NURSE, BOT), archived=True),
        ),
        users=(
            Person(NURSE, "Nora Lund", "Nurse", "nora@clinic.example"),
            Person(CLERK, "Carl Diaz", "Front desk", "carl@clinic.example"),
            Person(OUTSIDER, "Olga Stone", guest="multi"),
        ),
        post_per_second=1000.0,
        post_burst=1000,
        retry_scale=0.0,
    )
    return replace(plain, **changes)


@dataclass
class Clock:
    """Machine time that a test can push forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Heard:
    """One request the app got."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """An app that answers each request with the next of `answers` (then 200, empty) and remembers all of them."""

    answers: list[Callable[[Request], Response]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/slack/events")
        async def events(request: Request) -> Response:
            body = await request.body()
            answer = self.answers.pop(0)(request) if self.answers else Response()
            with self.arrived:
                self.heard.append(Heard(dict(request.headers), body))
                self.arrived.notify_all()
            return answer

        return app

    def wait_for(self, count: int) -> list[Heard]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.heard) >= count, timeout=10), f"heard {len(self.heard)}"
        return self.heard


@dataclass
class LocalSlack:
    ws: Workspace
    url: str
    clock: Clock
    http: httpx.Client

    def client(self, token: str = "xoxb-sandbox") -> WebClient:
        return WebClient(token=token, base_url=f"{self.url}/slack/api/")

    def act(self, what: str, **body: Any) -> httpx.Response:
        return self.http.post(f"{self.url}/act/slack/{what}", json=body)

    def call(self, method: str, **args: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer xoxb-sandbox"}
        return self.http.post(f"{self.url}/slack/api/{method}", json=args, headers=headers)

    def trigger(self, user: str = NURSE, *, view_id: str | None = None) -> str:
        return self.ws.passes.trigger(user, view_id=view_id)


@contextmanager
def local_slack(app_url: str = "http://127.0.0.1:1", **changes: Any) -> Iterator[LocalSlack]:
    """A workspace whose app lives at `app_url`."""
    events = f"{app_url}/slack/events"
    clock = Clock()
    where = {"events_url": events, "interactivity_url": events, "commands_url": events}
    ws = Workspace(
        config(**{**where, **changes}),
        now=lambda: datetime(2026, 3, 2, 15, tzinfo=UTC),
        changed=lambda: None,
        machine=clock,
    )
    app = FastAPI()
    app.include_router(ws.router())
    with serving(app) as url, httpx.Client(verify=TLS, timeout=15, trust_env=False) as http:
        object.__setattr__(ws.config, "base_url", url)
        yield LocalSlack(ws, url, clock, http)


def button(action_id: str = "case.claim", value: str = "case_1") -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "text": {"type": "plain_text", "text": "Claim"},
    }


def card(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "header", "text": {"type": "plain_text", "text": "A case"}},
        {"type": "actions", "block_id": "act", "elements": list(elements) or [button()]},
    ]


def note_input(**changes: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": "note",
        "label": {"type": "plain_text", "text": "Note"},
        "element": {"type": "plain_text_input", "action_id": "text"},
        **changes,
    }


def modal(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "close",
        "title": {"type": "plain_text", "text": "Close"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": list(blocks) or [note_input()],
        **changes,
    }
