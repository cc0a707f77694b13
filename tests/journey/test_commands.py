"""Commands as people type them in Slack: who may, what is said, and what Slack sends twice, broken or from elsewhere."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.tls import TLS
from tests.world import BRUNO, FRANK, OLGA, VERA, World

FORM = "application/x-www-form-urlencoded"


def post(world: World, **changed: Any) -> httpx.Response:
    """A command as Slack would post it, but for what is changed; None leaves a field out."""
    usual = {
        "team_id": world.theatre.config.slack_team, "user_id": FRANK, "channel_id": world.channel("front_office"),
        "command": "/outreach", "text": "help", "trigger_id": "1.2.typed",
    }  # fmt: skip
    form = {name: value for name, value in (usual | changed).items() if value is not None}
    sent = world.slack.deliveries.signed("", urlencode(form).encode(), FORM)
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        return client.post(f"{world.theatre.web.url}/slack/events", content=sent.body, headers=sent.headers)


def test_who_is_not_on_the_staff_list_gets_the_sentence_and_an_admin_hears_of_it(world: World) -> None:
    said = world.command(OLGA, world.channel("front_office"), "why 1001")

    assert said.startswith("You are not on Careloop's staff list, so nothing was done.")
    assert world.card("front_office", "staff list")


@pytest.mark.parametrize("team", ["T0ELSEWHERE", "", None])
def test_a_workspace_that_is_nobodys_gets_the_sentence(world: World, team: str | None) -> None:
    answer = post(world, team_id=team)

    assert answer.status_code == 200
    assert answer.text == "This workspace is not connected to Careloop."


def test_a_command_that_slack_sends_twice_acts_once(world: World) -> None:
    world.no_show("story")
    enrollment = world.why("story")["enrollment"]
    first = world.command(FRANK, world.channel("front_office"), f"pause {enrollment}")

    again = world.act("slack/redeliver", n=1)["delivered"]

    assert first.startswith("Paused.")
    assert [(one["status"], one["answer"]) for one in again] == [(200, None)]
    assert world.why("story")["state"] == "paused"
    assert world.rules("story").count("paused operator") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"text": None},
        {"text": ""},
        {"text": "   "},
        {"text": "😀"},
        {"text": "\x00why\x00 1001\x00"},
        {"text": "why " + "9" * 4000},
        {"text": "א" * 3000},
        {"text": "<!channel> & <@U123>"},
        {"user_id": None},
        {"user_id": "\x00"},
        {"channel_id": None},
        {"trigger_id": None},
    ],
)
def test_no_form_of_a_command_is_more_than_answered_in_private(world: World, changed: dict[str, Any]) -> None:
    answer = post(world, **changed)

    assert answer.status_code == 200
    assert answer.json()["response_type"] == "ephemeral"
    assert 0 < len(answer.json()["text"]) <= 3000
    assert "<!channel>" not in answer.text


def test_help_is_by_role(world: World) -> None:
    here = world.channel("front_office")

    manager, viewer = world.command(FRANK, here, "help"), world.command(VERA, here, "what can I do")

    assert "*Run and set up*" in manager
    assert "raise-cap" in manager
    assert "raise-cap" not in viewer


def test_pausing_a_program_asks_first_and_then_stops_its_texts(world: World) -> None:
    world.command(BRUNO, world.channel("patient_access"), "pause program no_show")
    world.submit(BRUNO, reason="wrong wording")

    world.no_show("story")

    assert world.texts("story") == []
    assert "held halt.program" in world.rules("story")
