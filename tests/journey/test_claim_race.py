"""Two real web processes, fifty people, one case."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from sandbox.slack import Person
from sandbox.slack.passes import ResponseUrl
from storage.tables import CaseEvent, StaffIdentity, Team
from tests import factories
from tests.databases import ROOT
from tests.theatre import Theatre, settings, wait_until
from tests.watch.plugin import printed
from tests.world import Card, World

pytestmark = pytest.mark.processes
CLICKS = 50
SENTINEL = "zzsentinelzz"


@dataclass
class Web:
    """One `app.py web`."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextmanager
def web(theatre: Theatre, folder: Path, number: int) -> Iterator[Web]:
    """Start it, end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"web{number}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), "web"],
            env=environment(theatre, port),
            stdout=out,
            stderr=out,
            cwd=ROOT,
        )
    made = Web(f"http://127.0.0.1:{port}", process, log)
    try:
        yield made
    finally:
        process.terminate()
        process.wait(15)
        printed(log.read_text())


def environment(theatre: Theatre, port: int) -> dict[str, str]:
    """What an operator would set, nothing else."""
    told = settings(theatre.config, theatre.database, theatre.redis_url, web_url=theatre.config.careloop_url)
    shown = {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in told
        if value is not None
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | shown | {"PORT": str(port), "NO_PROXY": "127.0.0.1"}


def up(made: Web) -> Web:
    """Wait until it is ready."""
    wait_until(lambda: ready(made), within_s=60, what="a web")
    return made


def ready(made: Web) -> bool:
    assert made.process.poll() is None, made.log.read_text()
    try:
        return httpx.get(f"{made.url}/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def webs(world: World, tmp_path: Path) -> Iterator[tuple[Web, Web]]:
    with web(world.theatre, tmp_path, 1) as first, web(world.theatre, tmp_path, 2) as second:
        yield up(first), up(second)


def hire(world: World, count: int) -> list[Person]:
    """Agents of Patient access, in Careloop and in the channel."""
    people = [Person(f"U0RACER{number:04}", f"Racer {number}") for number in range(count)]
    room = world.slack.rooms.all[world.channel("patient_access")]
    with world.begin() as session:
        team = session.scalars(select(Team).where(Team.code == "patient_access")).one()
        for person in people:
            factories.a_member_of_staff(
                session, team=team, slack_id=person.id, name=person.name, workspace=world.theatre.config.slack_team
            )
            world.slack.people[person.id] = person
            room.members.append(person.id)
    return people


def signed_click(world: World, card: Card, person: Person) -> tuple[bytes, dict[str, str]]:
    """One press of Claim, as Slack would send it."""
    room = world.slack.rooms.all[card.channel]
    message = world.slack.rooms.message(room, card.ts)
    action, value = card.control("Claim") or ("", "")
    pressed = {
        "type": "button",
        "action_id": action,
        "block_id": "b",
        "value": value,
        "text": {"type": "plain_text", "text": "Claim"},
    }
    payload: dict[str, Any] = world.slack.payloads.message_action(person, room, message, action=pressed) | {
        "trigger_id": world.slack.passes.trigger(person.id),
        "response_url": world.slack.response_url(ResponseUrl(person.id, room.id, world.slack.machine(), message.ts)),
    }
    import json

    sent = world.slack.deliveries.signed(
        "", urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
    )
    return sent.body, sent.headers


@pytest.mark.req("S126")
@pytest.mark.req("S47")
def test_fifty_clicks_at_once_on_two_webs_have_one_winner_and_49_polite_refusals(
    world: World, webs: tuple[Web, Web]
) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    card, people = world.card("patient_access", "Offer new times"), hire(world, CLICKS)
    clicks = [signed_click(world, card, person) for person in people]
    together = Barrier(CLICKS)

    def click(number: int) -> int:
        body, headers = clicks[number]
        with httpx.Client(trust_env=False, timeout=30) as client:
            together.wait()
            return client.post(f"{webs[number % 2].url}/slack/events", content=body, headers=headers).status_code

    with ThreadPoolExecutor(CLICKS) as crowd:
        statuses = list(crowd.map(click, range(CLICKS)))

    assert statuses == [200] * CLICKS
    whispers = wait_until(
        lambda: found if len(found := refusals(world, people)) == CLICKS - 1 else None, what="49 whispers"
    )
    (winner,) = {person.id for person in people} - whispers.keys()
    name = world.slack.people[winner].name
    assert all(said.startswith(f"{name} claimed case 1001 ") for said in whispers.values())
    world.drain()
    assert f"<@{winner}>" in world.card("patient_access", "Offer new times")
    one_owner(world, winner, name)


def refusals(world: World, people: list[Person]) -> dict[str, str]:
    """Who was told what, in private."""
    room = world.slack.rooms.all[world.channel("patient_access")]
    known = {person.id for person in people}
    mine = re.compile(r"Case \d+ is yours\.")
    whispers = [m for m in list(room.messages) if m.ephemeral_to in known]
    return {m.ephemeral_to: m.text for m in whispers if m.ephemeral_to and not mine.fullmatch(m.text)}


def one_owner(world: World, winner: str, name: str) -> None:
    """In our own events, and in every version of the EHR's Task."""
    with world.begin() as session:
        claims = session.scalars(select(CaseEvent.staff_id).where(CaseEvent.what == "claimed")).all()
        assert len(claims) == 1
        assert session.scalars(select(StaffIdentity.external_id).where(StaffIdentity.staff_id == claims[0])).all() == [
            winner
        ]
    (task,) = world.found("Task")
    history = world.fhir(f"Task/{task['id']}/_history")["entry"]
    assert {e["resource"]["owner"]["display"] for e in history if "owner" in e["resource"]} == {name}


def test_a_web_process_logs_neither_bodies_nor_signatures_of_what_it_refuses(world: World, tmp_path: Path) -> None:
    with web(world.theatre, tmp_path, 1) as made, httpx.Client(base_url=up(made).url, trust_env=False) as client:
        headers = {
            "X-Slack-Request-Timestamp": "1",
            "X-Slack-Signature": f"v0={SENTINEL}",
            "Content-Type": "application/json",
        }
        form = {"AccountSid": world.theatre.config.twilio_account, "Body": SENTINEL, "From": SENTINEL}
        answers = [
            client.post("/slack/events", content=f'{{"token": "{SENTINEL}"}}', headers=headers),
            client.post("/slack/events", content=f"payload={SENTINEL}", headers=headers),
            client.post("/twilio/inbound", data=form, headers={"X-Twilio-Signature": SENTINEL}),
            client.post(f"/twilio/status/{SENTINEL}", data=form),
            client.post("/ehr/notify", content=SENTINEL, headers={"Authorization": f"Bearer {SENTINEL}"}),
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 403, 403, 403]
    assert SENTINEL not in made.log.read_text() + "".join(answer.text for answer in answers)
