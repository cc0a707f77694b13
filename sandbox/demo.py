"""`app.py demo`: everything on this machine: real PostgreSQL, Valkey and Careloop processes; local Slack, phones and EHR."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import webbrowser
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict

from core import clock
from core.errors import Misconfigured
from sandbox.app import Config, opening
from sandbox.behind import OVER, PAST, PILOT, SCRIPT, SECOND, History, demand_whole, script_of
from sandbox.clinic import Clinic, clinic
from sandbox.clock import DemoClock
from sandbox.ledger import Ledger
from sandbox.servers import Servers, forget, start_servers, state_folder
from sandbox.supervisor import Child, Supervisor

START = date(2026, 11, 30)  # a Monday with no holiday in its week: reminders, visits on Thursday, three touches after
READY_WITHIN_S = 60.0
SCOPES = (
    "chat:write",
    "commands",
    "channels:read",
    "groups:read",
    "groups:history",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "im:write",
    "files:read",
    "files:write",
)
AT_REST = (
    "SELECT NOT EXISTS (SELECT FROM careloop.due_lanes()) AND NOT EXISTS (SELECT FROM attempts WHERE state = 'sending')"
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """One demo: its checkout, state folder and ports."""

    checkout: Path
    state: Path
    port: int

    @property
    def careloop_port(self) -> int:
        """Careloop's own web process listens beside the page."""
        return self.port + 1

    def file(self, name: str) -> Path:
        """A file of this demo's state."""
        return self.state / name


@dataclass(frozen=True)
class Demo:
    """A running demo, for the story runner and for tests."""

    place: Place
    config: Config
    env: dict[str, str]
    servers: Servers
    supervisor: Supervisor
    clinic: Clinic
    ledger: Ledger

    def why(self, patient: str) -> list[dict[str, Any]]:
        """What Careloop says happened to a patient's enrollments, by its own operator command; nothing before there is one."""
        return self.ledger.ask(patient)

    def is_at_rest(self) -> bool:
        """Whether nothing is due and no text is on its way to the provider: a clock moved on now skips nothing."""
        name = conninfo_to_dict(self.config.owner_url)["dbname"]
        with psycopg.connect(self.servers.superuser_url, dbname=name) as link:
            row = link.execute(AT_REST).fetchone()
        return row is not None and bool(row[0])

    def command(self, *arguments: str) -> str:
        """Run one of Careloop's operator commands; what it printed."""
        return _app(self.place, self.env, *arguments)


def run(checkout: Path, *, headless: bool, reset: bool, past: bool, port: int, state: Path | None) -> int:
    """Start everything; headless plays and checks the story, otherwise the page is served until Ctrl-C. The exit code.

    `past`: half a year is played first.
    """
    from sandbox import story

    place = Place(
        checkout, state or (state_folder(checkout) / "headless" if headless else state_folder(checkout)), port
    )
    history = History() if past else None
    with running(place, reset=reset or headless, say=_print, history=history) as demo:
        if headless:
            return story.play(demo, say=_print)
        if not place.file("begun").exists():
            _print("Playing the first days up to a missed visit …")
            try:
                story.prologue(demo)
            except story.Failed as late:
                _print(f"That took too long ({late}); it goes on by itself while you look around.")
            place.file("begun").touch()
        _invite(demo)
        demo.supervisor.run()
    return 0


@contextlib.contextmanager
def running(
    place: Place, *, reset: bool = False, say: Say = lambda _: None, history: History | None = None
) -> Iterator[Demo]:
    """Everything up and answering; ended in order at the end, with the data kept. `history` is played before, once."""
    for port in (place.port, place.careloop_port):
        _refuse_port_in_use(port)
    place.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if reset:
        forget(place.state)
        for name in ("vendors.json", "demo.json", "begun", SCRIPT, PAST):
            place.file(name).unlink(missing_ok=True)
    demand_whole(place, history)
    say("Starting PostgreSQL and Valkey …")
    with start_servers(place.state) as servers:
        config = _config(place, servers)
        env = _environment(place, config, servers)
        made = clinic(START)
        _prepare(place, servers, config, made, history=None if place.file(PAST).exists() else history, say=say)
        supervisor = Supervisor(_children(place, env), logs=place.file("logs"))
        say("Starting Careloop: web, worker, clock, and the local Slack, phones and EHR …")
        supervisor.start()
        asked = [sys.executable, str(place.checkout / "app.py"), "why", "--patient", "-", "--json"]
        ledger = Ledger(asked, env, complaints=place.file("logs") / "why.log")
        try:
            demo = Demo(place, config, env, servers, supervisor, made, ledger)
            _until_ready(demo)
            yield demo
        finally:
            ledger.close()
            supervisor.stop()


def _config(place: Place, servers: Servers) -> Config:
    """What the local vendors know; the secrets are made once and kept where only this user reads them."""
    file = place.file("demo.json")
    kept = made_up(json.loads(file.read_text("utf-8")) if file.exists() else {})
    _write(file, kept)
    facts = {name: value for name, value in kept.items() if name != "secret_keys"}
    config = Config(
        port=place.port,
        careloop_url=f"http://127.0.0.1:{place.careloop_port}",
        owner_url=servers.owner_url,
        memory=str(place.file("vendors.json")),
        slack_scan_s=0.3,
        past=str(place.file(PAST)),
        **facts | {"slack_scopes": tuple(facts["slack_scopes"])},
    )
    _write(place.file("sandbox.json"), asdict(config))
    return config


def made_up(kept: dict[str, Any]) -> dict[str, Any]:
    """Names and secrets, those that are kept as they were; but an older demo's Slack grants what the app asks for today."""
    usual = {
        "start": START.isoformat(),
        "slack_team": "T0LAKESIDE1",
        "slack_bot_token": f"xoxb-{secrets.token_hex(12)}",
        "slack_bot_user": "U0CARELOOP1",
        "slack_app": "A0CARELOOP1",
        "slack_signing_secret": secrets.token_hex(16),
        "slack_scopes": SCOPES,
        "twilio_account": f"AC{secrets.token_hex(16)}",
        "twilio_token": secrets.token_hex(16),
        "twilio_service": f"MG{secrets.token_hex(16)}",
        "ehr_token": secrets.token_urlsafe(24),
        "ehr_notify_token": secrets.token_urlsafe(24),
        "secret_keys": f"1:{b64encode(secrets.token_bytes(32)).decode()}",
    }
    return usual | kept | {"slack_scopes": SCOPES}


def _environment(place: Place, config: Config, servers: Servers) -> dict[str, str]:
    kept = json.loads(place.file("demo.json").read_text("utf-8"))
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return passed | {
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "CARELOOP_DEMO": "true",
        "SLACK_BAA": "true",
        "DATABASE_URL": servers.database_url,
        "DATABASE_OWNER_URL": servers.owner_url,
        "REDIS_URL": servers.redis_url,
        "PUBLIC_BASE_URL": config.careloop_url,
        "SECRET_KEYS": kept["secret_keys"],
        "SLACK_SIGNING_SECRET": config.slack_signing_secret,
        "SLACK_API_BASE_URL": f"{config.url}/slack/api/",
        "TWILIO_API_BASE_URL": f"{config.url}/twilio",
        "TWILIO_SEGMENTS_PER_SECOND": "50",
        "SLACK_POSTS_PER_SECOND": "20",
        "EHR_POLL_S": "20",
        "PORT": str(place.careloop_port),
    }


def _prepare(
    place: Place, servers: Servers, config: Config, made: Clinic, *, history: History | None, say: Say
) -> None:
    """Schema, clock, then the clinic itself, by the commands an operator would use; and what is behind it, if it has a past."""
    env = _environment(place, config, servers)
    _app(place, env, "migrate")
    opens, time = opening(made), DemoClock(config.owner_url, zone=made.organisation.zone)
    time.install(opens - timedelta(weeks=history.weeks) if history else opens)
    organisation, file = _organisation(config, made), place.file("organisation.json")
    if history is not None:
        script = script_of(history, organisation, opens=opens)
        consents = [*organisation["consents"], *script.pop("consents")]
        _write(file, organisation | {"pilot": PILOT, "sites": [SECOND], "consents": consents})
        _app(place, env, "organisation", "apply", str(file))
        _write(place.file(SCRIPT), script)
        say(
            f"Playing {history.weeks} weeks of a clinic with {history.patients} more patients. This takes minutes, once …"
        )
        with servers.hasty():
            stream(place, env, "history", str(place.file(SCRIPT)), say=say)
    _write(file, organisation)
    _app(place, env, "organisation", "apply", str(file))


def _organisation(config: Config, made: Clinic) -> dict[str, Any]:
    facts = made.organisation
    return {
        "name": facts.name,
        "brand": facts.brand,
        "phone": facts.phone,
        "zone": facts.zone,
        "phi_level": "full",
        "slack_baa": True,
        "pilot": "off",
        "campaigns": {"approve_above": 0},
        "site": {"name": facts.site, "zone": facts.zone, "zip": facts.zip, "ehr_id": "loc-lakeside"},
        "teams": [asdict(team) for team in made.teams],
        "staff": [asdict(one) | {"slack_id": one.id} for one in made.staff],
        "on_call": {"clinical": {"people": [one.email for one in made.staff if one.role == "clinician"]}},
        "consents": [asdict(one) | {"given_at": one.given_at.isoformat()} for one in made.consents],
        "slack": {
            "team_id": config.slack_team,
            "bot_token": config.slack_bot_token,
            "bot_id": "B" + config.slack_bot_user[1:],
            "bot_user_id": config.slack_bot_user,
        },
        "twilio": {
            "account_sid": config.twilio_account,
            "auth_token": config.twilio_token,
            "messaging_service_sid": config.twilio_service,
        },
        "fhir": {"base_url": f"{config.url}/fhir", "token": config.ehr_token},
        "ehr_notify_token": config.ehr_notify_token,
    }


def _children(place: Place, env: dict[str, str]) -> list[Child]:
    app = [sys.executable, str(place.checkout / "app.py")]
    return [
        Child("sandbox", [*app, "sandbox", str(place.file("sandbox.json"))], env),
        Child("web", [*app, "web"], env),
        Child("worker", [*app, "worker", "--lanes", "safety,replies,actions,delivery,bulk,reports"], env),
        Child("clock", [*app, "clock"], env),
    ]


def _until_ready(demo: Demo) -> None:
    """Wait until the page, Careloop and its first reading of the EHR are there."""
    until = clock.monotonic() + READY_WITHIN_S
    wanted = [f"{demo.config.url}/state.json", f"{demo.config.careloop_url}/ready"]
    while clock.monotonic() < until:
        if all(_answers(url) for url in wanted):
            return
        clock.pause(0.2)
    logs = demo.place.file("logs")
    raise Misconfigured("Careloop did not come up within a minute", fix=f"Look into {logs}.")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _app(place: Place, env: dict[str, str], *arguments: str) -> str:
    """Run one of Careloop's commands; its own words when it fails."""
    done = subprocess.run(
        [sys.executable, str(place.checkout / "app.py"), *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise Misconfigured(f"`app.py {arguments[0]}` failed", fix=said[-1])
    return done.stdout


def stream(place: Place, env: dict[str, str], *arguments: str, say: Say) -> None:
    """The same for the history, which takes its time: each line is passed on as it comes, and what is left when it is stopped."""
    command = [sys.executable, str(place.checkout / "app.py"), *arguments]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as running_one:
        try:
            for line in running_one.stdout or ():
                say(f"  {line.rstrip()}")
        except KeyboardInterrupt:
            say(f"Stopped. What is here is a part of a history: {OVER}.")
            raise
    if running_one.returncode != 0:
        raise Misconfigured(f"`app.py {arguments[0]}` failed", fix="What it said is above; --reset starts over.")


def _write(file: Path, content: dict[str, Any]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(content, out, indent=1)


def _refuse_port_in_use(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} is in use by another program",
                fix="Stop it, or choose another: make demo ARGS='--port 8800'.",
            ) from error


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _invite(demo: Demo) -> None:
    _print(
        f"\nCareloop is running. Open {demo.config.url}/\nCtrl-C ends it; the next run goes on from here (--reset starts over).\n"
    )
    if os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32"):
        webbrowser.open(demo.config.url)
