"""The sandbox as one process: local Slack, phones and EHR, the clock and the page. Loopback only; it speaks to Careloop by HTTP alone."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from fastapi import FastAPI

from core.errors import Refused
from sandbox.clinic import Clinic, clinic
from sandbox.clock import DemoClock
from sandbox.ehr import Chart, ChartConfig
from sandbox.page import Page
from sandbox.phones import Carrier, CarrierConfig
from sandbox.slack import Channel, Person, SlackConfig, Workspace

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OPENS = time(8, 30)
SAVE_EVERY_S = 2.0
LEVELS = ("none", "initials", "full")
SHORTCUTS = (
    ("global", "outreach.start", "Start outreach"),
    ("global", "patient.find", "Find a patient"),
    ("message", "message.case", "Make a case of this"),
)
"""What the clinic's app offers, as its manifest has it."""


@dataclass(frozen=True)
class Config:
    """Where everybody is and with which made-up secrets; written by `demo`, read from a file that only its user can read."""

    port: int
    careloop_url: str
    owner_url: str
    start: str
    slack_team: str
    slack_bot_token: str
    slack_bot_user: str
    slack_app: str
    slack_signing_secret: str
    slack_scopes: tuple[str, ...]
    twilio_account: str
    twilio_token: str
    twilio_service: str
    ehr_token: str
    ehr_notify_token: str
    memory: str
    slack_scan_s: float = 0.0
    past: str = ""
    """Resources that the EHR has beside the clinic's, once a history was played; "" for none."""

    @property
    def url(self) -> str:
        """Where the sandbox is reached."""
        return f"http://127.0.0.1:{self.port}"


class Stage:
    """All parts of one sandbox, composed."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clinic = clinic(date.fromisoformat(config.start))
        self.clock = DemoClock(config.owner_url, zone=self.clinic.organisation.zone, changed=self.changed)
        self.clock.install(opening(self.clinic))
        self.slack = Workspace(_slack(config, self.clinic), now=self.clock.now, changed=self.changed)
        self.phones = Carrier(_phones(config, self.clinic), now=self.clock.now, changed=self.changed)
        self.ehr = Chart(_ehr(config), now=self.clock.now, changed=self.changed)
        self.phi = "full"
        self.page = Page(self.state, acts={"clock": self.clock.act, "phi": self.set_phi})
        self._dirty = False
        self._fill()

    def changed(self) -> None:
        """Something people see is different now."""
        self._dirty = True
        if hasattr(self, "page"):
            self.page.changed()

    def state(self) -> dict[str, Any]:
        """Everything the page shows."""
        return {
            "clock": self.clock.state(),
            "slack": self.slack.state() | {"name": self.clinic.organisation.name},
            "phones": self.phones.state(),
            "ehr": self.ehr.state(),
            "phi": self.phi,
            "people": {
                role: person.__dict__ | {"start": person.start.isoformat()}
                for role, person in self.clinic.people.items()
            },
        }

    def set_phi(self, asked: dict[str, Any]) -> None:
        """What Slack may see, changed as the clinic's admin would: by slash command in Slack."""
        level = str(asked.get("level", ""))
        if level not in LEVELS:
            raise Refused(f"The level is one of {', '.join(LEVELS)}.")
        admin = next(person for person in self.clinic.staff if person.role == "admin")
        channel = next(team.channel for team in self.clinic.teams if team.code in admin.teams)
        typed = {"user": admin.id, "channel": channel, "command": "/outreach", "text": f"phi {level}"}
        answer = httpx.post(f"{self.config.url}/act/slack/command", json=typed, timeout=10).json()
        if answer.get("status") != 200:
            raise Refused("Careloop did not take the change.")
        self.phi = level
        self.changed()

    def save(self) -> None:
        """Keep what the vendors know, so that a demo goes on where it stopped."""
        if not self._dirty:
            return
        self._dirty = False
        kept = {"slack": self.slack.dump(), "phones": self.phones.dump(), "ehr": self.ehr.dump(), "phi": self.phi}
        fresh = Path(self.config.memory).with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(kept, out)
        fresh.replace(self.config.memory)

    def _fill(self) -> None:
        memory = Path(self.config.memory)
        if memory.exists():
            kept = json.loads(memory.read_text("utf-8"))
            self.slack.load(kept["slack"])
            self.phones.load(kept["phones"])
            self.ehr.load(kept["ehr"])
            self.phi = kept["phi"]
            return
        self.ehr.seed(self.clinic.resources)
        if self.config.past and Path(self.config.past).exists():
            self.ehr.seed(json.loads(Path(self.config.past).read_text("utf-8")))
        for phone in self.clinic.phones:
            self.phones.add_phone(phone.number, phone.name, kind=phone.kind)


def serve(path: Path) -> None:
    """Run the sandbox until stopped, from a configuration file."""
    raw = json.loads(path.read_text("utf-8"))
    config = Config(**raw | {"slack_scopes": tuple(raw["slack_scopes"])})
    uvicorn.run(
        build(Stage(config)),
        host="127.0.0.1",
        port=config.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def build(stage: Stage) -> "LoopbackOnly":
    """The ASGI app over a stage."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        saver = asyncio.create_task(_save(stage))
        try:
            yield
        finally:
            saver.cancel()
            stage.page.close()
            await stage.phones.aclose()
            await stage.ehr.aclose()
            stage.save()

    web = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for part in (stage.slack, stage.phones, stage.ehr, stage.page):
        web.include_router(part.router())
    return LoopbackOnly(web, stage.config.port)


class LoopbackOnly:
    """Answers only to its own name: a web page elsewhere cannot reach the sandbox by re-pointing a host name."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self._app = app
        self._names = {f"{host}:{port}".encode() for host in ("127.0.0.1", "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"host") not in self._names:
            await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"This is a local sandbox."})
            return
        await self._app(scope, receive, send)


def opening(made: Clinic) -> datetime:
    """When the demo begins: the morning of the clinic's first day."""
    return datetime.combine(made.start, OPENS, ZoneInfo(made.organisation.zone)).astimezone(UTC)


async def _save(stage: Stage) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        await asyncio.to_thread(stage.save)


def _slack(config: Config, made: Clinic) -> SlackConfig:
    events = f"{config.careloop_url}/slack/events"
    return SlackConfig(
        team_id=config.slack_team,
        team_name=made.organisation.name,
        bot_token=config.slack_bot_token,
        app_id=config.slack_app,
        bot_user_id=config.slack_bot_user,
        signing_secret=config.slack_signing_secret,
        events_url=events,
        interactivity_url=events,
        commands_url=events,
        scopes=frozenset(config.slack_scopes),
        shortcuts=SHORTCUTS,
        base_url=config.url,
        channels=tuple(
            Channel(
                room.id, room.name, private=room.private, shared=False, members=(*room.members, config.slack_bot_user)
            )
            for room in made.channels
        ),
        users=tuple(Person(one.id, one.name, one.title, one.email) for one in made.staff),
        file_scan_s=config.slack_scan_s,
        tier_factor=20,  # one busy demo hour a minute: the clock runs up to sixty times as fast
    )


def _phones(config: Config, made: Clinic) -> CarrierConfig:
    return CarrierConfig(
        account_sid=config.twilio_account,
        auth_token=config.twilio_token,
        messaging_service_sid=config.twilio_service,
        sender=made.organisation.text_number,
        inbound_url=f"{config.careloop_url}/twilio/inbound",
    )


def _ehr(config: Config) -> ChartConfig:
    return ChartConfig(
        base_url=f"{config.url}/fhir",
        token=config.ehr_token,
        notify_url=f"{config.careloop_url}/ehr/notify",
        notify_token=config.ehr_notify_token,
    )
