"""The same clicks down a line that Careloop opened itself: Slack's Socket Mode."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr
from slack_sdk.socket_mode.builtin import SocketModeClient

from core.errors import Misconfigured
from handlers import socket_mode
from handlers.deps import Deps
from tests.theatre import wait_until
from tests.world import BRUNO, CHLOE, World


def deps_with(world: World, token: str) -> Deps:
    told = world.deps.settings.model_copy(update={"slack_app_token": SecretStr(token)})
    return replace(world.deps, settings=told)


@pytest.fixture
def line(world: World) -> Iterator[SocketModeClient]:
    client = socket_mode.connect(deps_with(world, "xapp-world"))
    wait_until(lambda: world.slack.deliveries.sockets.connected, what="the line")
    yield client
    client.close()
    wait_until(lambda: not world.slack.deliveries.sockets.connected, what="the end of the line")


@pytest.mark.usefixtures("line")
def test_a_case_is_claimed_rescheduled_and_its_loser_told_over_the_line(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")
    card = world.card("patient_access", "Offer new times")

    world.click("Claim", card, by=BRUNO)
    world.click("Claim", card, by=CHLOE)
    wait_until(lambda: world.whispers_to(CHLOE), what="the whisper")
    world.click("Reschedule", card, by=BRUNO)
    wait_until(lambda: world.form(BRUNO), what="the form")

    assert f"<@{BRUNO}>" in world.card("patient_access", "Offer new times")
    assert "Bruno Keller claimed case" in world.whispers_to(CHLOE)[0]
    assert len(world.slots(BRUNO)) == 8


@pytest.mark.usefixtures("line")
def test_commands_and_events_come_down_the_line_too(world: World) -> None:
    said = world.command(BRUNO, world.channel("patient_access"), "help")
    world.act("slack/open_home", user=BRUNO)
    wait_until(lambda: BRUNO in world.slack.modals.homes, what="the Home")

    assert "/outreach" in said


def test_a_token_that_slack_does_not_take_is_said_with_its_remedy(world: World) -> None:
    with pytest.raises(Misconfigured, match="app-level token") as refused:
        socket_mode.connect(deps_with(world, "xapp-other"))

    assert "connections:write" in refused.value.fix
