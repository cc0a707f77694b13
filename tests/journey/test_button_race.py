"""Twenty people press every button of one card at once, on two real web processes: one legal history, and nobody left without an answer."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from sandbox.slack import Person
from sandbox.slack.passes import ResponseUrl
from storage.tables import AuditRow, Case, CaseEvent
from tests.journey.test_claim_race import Web, hire, up, web
from tests.theatre import wait_until
from tests.world import BRUNO, CHLOE, Card, World

pytestmark = pytest.mark.processes
PEOPLE = 20
BENEATH = (
    "case.snooze.hour", "case.escalate.worse", "case.escalate.late", "case.call.voicemail", "case.waiting", "case.resume",
    "case.release", "case.undo",
)  # fmt: skip
"""What stands on a claimed card, in its menu and in the windows behind it: pressed by everybody too."""

RESTING = ("snoozed", "waiting_patient")
STATES = {"snoozed": "snoozed", "waiting": "waiting_patient", "resumed": "claimed"}
SILENT = ("dialled", "call_logged", "escalated")


@pytest.fixture
def webs(world: World, tmp_path: Path) -> Iterator[tuple[Web, Web]]:
    with web(world.theatre, tmp_path, 1) as first, web(world.theatre, tmp_path, 2) as second:
        yield up(first), up(second)


def controls(card: Card) -> list[dict[str, Any]]:
    """Every button and every entry of the menu, as Slack says that it was pressed; and what is behind them."""
    found: list[dict[str, Any]] = []
    for block in card.blocks:
        for element in block["elements"] if block["type"] == "actions" else []:
            pressed = {"type": element["type"], "action_id": element["action_id"], "block_id": "b"}
            found.extend(pressed | {"selected_option": entry} for entry in element.get("options", []))
            if element["type"] == "button":
                found.append(pressed | {"value": element["value"]})
    value = next(one["value"] for one in found if "value" in one)
    return found + [{"type": "button", "action_id": name, "block_id": "b", "value": value} for name in BENEATH]


def signed(world: World, card: Card, person: Person, action: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """One press, as Slack would send it."""
    room = world.slack.rooms.all[card.channel]
    message = world.slack.rooms.message(room, card.ts)
    payload: dict[str, Any] = world.slack.payloads.message_action(person, room, message, action=action) | {
        "trigger_id": world.slack.passes.trigger(person.id),
        "response_url": world.slack.response_url(ResponseUrl(person.id, room.id, world.slack.machine(), message.ts)),
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    sent = world.slack.deliveries.signed("", body, "application/x-www-form-urlencoded")
    return sent.body, sent.headers


@pytest.mark.req("S47")
def test_twenty_people_pressing_every_button_at_once_leave_one_legal_history(
    world: World, webs: tuple[Web, Web]
) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    card, people = world.card("patient_access", "Offer new times"), hire(world, PEOPLE)
    presses = [signed(world, card, person, action) for person in people for action in controls(card)]
    random.Random(5).shuffle(presses)
    together = Barrier(PEOPLE)

    def press(place: int) -> list[int]:
        with httpx.Client(trust_env=False, timeout=60) as client:
            together.wait()
            mine = presses[place::PEOPLE]
            return [
                client.post(f"{webs[n % 2].url}/slack/events", content=body, headers=headers).status_code
                for n, (body, headers) in enumerate(mine)
            ]

    with ThreadPoolExecutor(PEOPLE) as crowd:
        statuses = [status for each in crowd.map(press, range(PEOPLE)) for status in each]

    assert statuses == [200] * len(presses)
    winners = legal(world)
    wait_until(lambda: told_of_each_claim(world, people) >= {p.id for p in people} or None, what="an answer for each")
    assert winners >= 1
    world.drain()
    agreed(world)


def legal(world: World) -> int:
    """Play the story again: every step was possible when it happened; the end is the row, and the audit has each step. The claims."""
    with world.begin() as session:
        case = session.scalars(select(Case).where(Case.number == 1001)).one()
        story = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)).all()
        steps = [f"case.{event.what}" for event in story]
        audited = session.scalars(select(AuditRow.action).where(AuditRow.action.in_(steps)).order_by(AuditRow.id)).all()
        state, owner, claims, changes = "open", None, 0, 0
        for event in story[1:]:
            state, owner = following(event, state, owner)
            claims += event.what == "claimed"
            changes += event.what not in ("dialled", "call_logged")
        assert (case.state, case.owner_id) == (state, owner)
        assert case.version == 1 + changes, "one version for each change, and no change without its event"
        assert sorted(audited) == sorted(steps), "each step is in the audit, once"
    return claims


def following(event: CaseEvent, state: str, owner: UUID | None) -> tuple[str, UUID | None]:
    """(state, owner) after an event, which must have been possible before it."""
    said = f"{event.what} while {state}"
    if event.what == "claimed":
        assert (state, owner) == ("open", None), said
        return "claimed", event.staff_id
    if event.what == "escalated":
        assert state != "closed", said
        return state, owner
    assert owner == event.staff_id, f"{said}, by somebody else"
    if event.what in SILENT:
        return state, owner
    if event.what in ("released", "undone"):
        assert state == "claimed", said
        return "open", None
    assert (state in RESTING) or event.what != "resumed", said
    assert state != "closed", said
    return STATES[event.what], owner


def told_of_each_claim(world: World, people: list[Person]) -> set[str]:
    """Who was answered: in a whisper, or by a window."""
    room = world.slack.rooms.all[world.channel("patient_access")]
    known = {person.id for person in people}
    return {m.ephemeral_to for m in list(room.messages) if m.ephemeral_to in known and m.ephemeral_to}


def agreed(world: World) -> None:
    """The card shows what the row says."""
    with world.begin() as session:
        case = session.scalars(select(Case).where(Case.number == 1001)).one()
        state, free = case.state, case.owner_id is None
    card = world.card("patient_access", "Offer new times")
    assert ("nobody yet" in card) == free
    assert ("Snoozed" in card, "Waiting for the patient" in card) == (state == "snoozed", state == "waiting_patient")


@pytest.mark.req("S47")
def test_a_stale_card_is_answered_from_the_current_state(world: World) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    seen = world.card("patient_access", "Offer new times")
    world.click("Claim", seen, by=BRUNO)
    world.click("Close", world.card("patient_access", "Offer new times"), by=BRUNO)
    world.submit(BRUNO, disposition="declined")

    for label in ("Claim", "Close", "Escalate", "Reassign", "Log a call", "Call now"):
        world.click(label, seen, by=CHLOE)

    said = world.whispers_to(CHLOE)
    assert said[0] == "Bruno Keller closed case 1001 already."
    assert len(said) == 6, said
    assert all("closed" in one for one in said), said
