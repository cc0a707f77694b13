"""A red flag while a campaign of 100,000 runs: from the acknowledged webhook to the card's arrival in Slack.

Careloop's own web, worker and clock processes run; Slack is the sandbox over HTTP with its one post a second a channel, in which a backlog
of ordinary cards waits as well; the carrier takes every text at once. The floor is the same before the campaign begins.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI
from rq import Worker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no py.typed

from core.ids import show
from handlers.deps import Deps
from sandbox.servers import Servers
from sandbox.slack import Channel, Person, SlackConfig, Workspace
from sandbox.slack.faults import Call, CallLog
from storage.outbox import Lane
from storage.tables import Organisation
from tests import campaign_desk, factories
from tests.bench import launch, seed
from tests.bench.report import Metric, log, percentile, tell
from tests.bench.stage import AGENT, SIGNING_SECRET, TWILIO_ACCOUNT, TWILIO_TOKEN, Stage, free_port, running, stage
from tests.business_clock import set_business_time
from tests.sandbox_slack import SCOPES
from tests.serving import serving
from workflows import campaigns, cases

P99_S = 2.0
EVERY_S = 2.0
BACKLOG = 200
ROOM, BOT = "C0CLINICAL", "U0BOT"
SAYS = "I have chest pain and I cannot breathe"
ARRIVES_WITHIN_S = 60.0
STARTS_WITHIN_S = 120.0


def run(servers: Servers, *, count: int, flags: int) -> None:
    """Print redflag_card_p99_s with the floor of the same run, and how far the campaign got meanwhile."""
    here = stage(servers, "redflag")
    deps = here.deps()
    set_business_time(here.database.owner_url, factories.MONDAY_NOON)
    org = here.organisation(deps.db)
    campaign_id = launch.drafted(here, deps, org, count)
    _unbounded(deps, org, campaign_id)
    with deps.db.begin(org=org) as session:
        seed.people(session, 2 * flags, first=count)
    with _slack() as (room, url), _careloop(here, url) as at:
        _listen(deps)
        _backlog(deps, org)
        floor = _measure(here, at, room, phones=range(count, count + flags))
        with deps.db.begin(org=org) as session:
            campaigns.start(session, campaign_id, by=campaign_desk.a_manager(session))
        began, before = time.perf_counter(), _texts(here)
        took = _measure(here, at, room, phones=range(count + flags, count + 2 * flags))
        seconds, texts = time.perf_counter() - began, _texts(here) - before
    enrolled = _enrolled(here)
    deps.db.dispose()
    log(f"{enrolled} of {count} enrolled, {texts} texts in {seconds:.0f} s; load {os.getloadavg()[0]:.1f} at the end")
    p99, bare = percentile(took, 0.99), percentile(floor, 0.99)
    log(f"red flag p50 {percentile(took, 0.5):.2f} s (without the campaign {percentile(floor, 0.5):.2f} s)")
    target = f"<= {P99_S:g} over {flags} while {count} are texted"
    tell(Metric("redflag_card_p99_s", p99, "s", "the same without the campaign", bare, target, p99 <= P99_S))
    tell(Metric("redflag_campaign_texts_per_s", texts / seconds, "texts/s"))


@dataclass
class Room(CallLog):
    """Slack's log of calls, which knows when each card first stood in a channel."""

    stood: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def add(self, call: Call) -> None:
        super().add(call)
        if call.method == "chat.postMessage" and call.answer.get("ok"):
            about = call.args.get("metadata") or {}
            about = json.loads(about) if isinstance(about, str) else about
            case = str((about.get("event_payload") or {}).get("case_id", ""))
            self.stood.setdefault(case, time.perf_counter())


@contextmanager
def _slack() -> Iterator[tuple[Room, str]]:
    config = SlackConfig(
        team_id=factories.WORKSPACE, team_name="Lakeside", bot_token="xoxb-bench", app_id="A0BENCH", bot_user_id=BOT,
        signing_secret=SIGNING_SECRET, events_url="http://127.0.0.1:9/", interactivity_url="http://127.0.0.1:9/",
        commands_url="http://127.0.0.1:9/", scopes=SCOPES, base_url="http://127.0.0.1:9",
        channels=tuple(
            Channel(f"C0{code.replace('_', '').upper()[:9]}", code.replace("_", "-"), private=True, members=(BOT,))
            for code in factories.TEAMS
        ),
        users=(Person(AGENT, "Dana"), Person("U0MANAGER", "Mia")),
    )  # fmt: skip
    workspace, room = Workspace(config, now=lambda: datetime.now(UTC), changed=lambda: None), Room()
    workspace.calls = room
    app = FastAPI()
    app.include_router(workspace.router())
    with serving(app) as url:
        yield room, f"{url}/slack/api/"


@contextmanager
def _careloop(here: Stage, slack: str) -> Iterator[str]:
    """Web, worker and clock as they are run for good; the web's address."""
    carrier = free_port()
    env = here.env() | {
        "SLACK_API_BASE_URL": slack, "TWILIO_API_BASE_URL": f"http://127.0.0.1:{carrier}", "TWILIO_SEGMENTS_PER_SECOND": "500",
        "EHR_POLL_S": "86400",
    }  # fmt: skip
    at = f"http://127.0.0.1:{here.port}"
    with (
        running(["-m", "tests.bench.redflag", str(carrier)], env, ready=f"http://127.0.0.1:{carrier}/"),
        running(["app.py", "web"], env, ready=f"{at}/ready"),
        running(["app.py", "worker"], env),
        running(["app.py", "clock"], env),
    ):
        yield at


def _listen(deps: Deps) -> None:
    """Return once a worker of each lane listens: what comes first would else wait for imports."""
    until = time.monotonic() + STARTS_WITHIN_S
    while not all(Worker.count(connection=deps.redis, queue=deps.bells.queue(lane.value)) for lane in Lane):
        if time.monotonic() > until:
            raise RuntimeError("the workers did not start")
        time.sleep(0.2)


def _unbounded(deps: Deps, org: UUID, campaign_id: UUID) -> None:
    """Nothing spreads the campaign over days: all of it leaves as fast as it can."""
    with deps.db.begin(org=org) as session:
        row = session.query(Organisation).one()
        limits = {"approve_above": 10**7, "carrier_segments_per_day": 10**9, "cases_per_day": 10**7}
        row.settings = row.settings | {"campaigns": row.settings["campaigns"] | limits}
    with deps.db.begin(org=org) as session:
        campaign_desk.weigh(session, campaign_id)


def _backlog(deps: Deps, org: UUID) -> None:
    """Ordinary cards of the red flags' own channel, which takes one a second."""
    for n in range(BACKLOG):
        with deps.db.begin(org=org) as session:
            opening = cases.Opening(
                kind="admin", team="clinical", reason="question", due="1 business day", dedupe_key=f"backlog:{n}"
            )
            cases.open_one(session, opening)


def _measure(here: Stage, at: str, room: Room, *, phones: range) -> list[float]:
    """A red flag each two seconds; the seconds from each webhook's answer to its card."""
    acked: dict[str, float] = {}
    with httpx.Client(timeout=30, trust_env=False) as client:
        for n in phones:
            sid, due = f"SM{uuid4().hex}", time.perf_counter() + EVERY_S
            body, head = _signed(f"{at}/twilio/inbound", sid, seed.phone(n))
            answer = client.post(f"{at}/twilio/inbound", content=body, headers=head)
            acked[sid] = time.perf_counter()
            if answer.status_code != 200:
                raise RuntimeError(f"a red flag's webhook was answered with {answer.status_code}")
            _hurry(here)
            time.sleep(max(0.0, due - time.perf_counter()))
    return _arrivals(here, room, acked)


def _signed(url: str, sid: str, phone: str) -> tuple[str, dict[str, str]]:
    said = {
        "AccountSid": TWILIO_ACCOUNT, "MessageSid": sid, "SmsSid": sid, "From": phone, "To": "+13125550100", "Body": SAYS,
        "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    head = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(TWILIO_TOKEN).compute_signature(url, said),
    }
    return urlencode(said), head


def _arrivals(here: Stage, room: Room, acked: Mapping[str, float]) -> list[float]:
    """Seconds of every one; who has not come within a minute stops the bench."""
    with psycopg.connect(here.database.superuser_url) as link:
        rows = link.execute(
            "SELECT m.provider_sid, c.id FROM cases c JOIN messages m ON m.id = c.message_id "
            "WHERE c.kind = 'red_flag' AND m.provider_sid = ANY(%s)",
            [list(acked)],
        ).fetchall()
    known = {show("cas", case_id): str(sid) for sid, case_id in rows}
    until = time.monotonic() + ARRIVES_WITHIN_S
    while not known.keys() <= room.stood.keys() and time.monotonic() < until:
        time.sleep(0.1)
    missing = known.keys() - room.stood.keys()
    if missing or len(known) != len(acked):
        raise RuntimeError(f"{len(acked)} red flags left {len(known)} cases, {len(missing)} of them without a card")
    return [room.stood[case] - acked[sid] for case, sid in known.items()]


def _hurry(here: Stage) -> None:
    """Whoever the campaign planned for a later hour of the day is due now, as business time stands still."""
    with psycopg.connect(here.database.superuser_url) as link:
        link.execute(
            "UPDATE enrollments SET wake_at = %(now)s WHERE campaign_id IS NOT NULL AND wake_at > %(now)s AND touches = 0",
            {"now": factories.MONDAY_NOON},
        )


def _texts(here: Stage) -> int:
    return _count(here, "messages WHERE direction = 'out' AND purpose = 'program' AND state = 'accepted'")


def _enrolled(here: Stage) -> int:
    return _count(here, "enrollments WHERE campaign_id IS NOT NULL")


def _count(here: Stage, what: str) -> int:
    with psycopg.connect(here.database.superuser_url) as link:
        row = link.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def carrier() -> Starlette:
    """Takes every text at once and delivers none."""
    numbers = itertools.count()

    async def take(request: Request) -> JSONResponse:
        form = dict(item.split("=", 1) for item in (await request.body()).decode().split("&") if "=" in item)
        sid = f"SM{next(numbers):032x}"
        return JSONResponse({"sid": sid, "status": "accepted", "to": form.get("To", ""), "num_segments": "1"}, 201)

    async def ready(_: Request) -> JSONResponse:
        return JSONResponse({})

    return Starlette(routes=[Route("/", ready), Route("/{path:path}", take, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(carrier(), host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error")
