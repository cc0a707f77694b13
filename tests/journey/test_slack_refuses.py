"""Slack answers and refuses: a plainer card, an alert by text, and nothing lost once it is mended."""

from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.vendors import connect
from storage.tables import Case
from tests.journey.test_slack_down import texted
from tests.journey.test_slack_matrix import JSON, event, post
from tests.world import World
from workflows import reconciling_cards

pytestmark = pytest.mark.phi("any")


def asked(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")
    world.drain()


def alerts(world: World, reason: str) -> int:
    with world.begin() as session:
        found = select(func.count()).where(Case.kind == "system_alert", Case.reason == reason)
        return session.scalar(found) or 0


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])
def test_a_card_that_slack_will_not_show_is_shown_plainly_and_can_be_claimed(world: World, code: str) -> None:
    world.fault("slack", method="chat.postMessage", error=code, times=1)

    asked(world)

    (card,) = world.cards("patient_access")
    assert card.control("Claim") is not None
    assert card.control("Open") is not None
    assert alerts(world, "slack_cards") == 0


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "restricted_action"])
def test_a_channel_that_takes_no_cards_is_told_once_by_text_and_the_cards_come_later(world: World, code: str) -> None:
    world.fault("slack", method="chat.postMessage", error=code, times=1)

    asked(world)

    assert alerts(world, "slack_cards") == 1
    told = texted(world, "Slack takes no cards in the channel of")
    assert told
    assert "/sign-in" in told[0]
    world.slack.faults.clear()
    with world.begin() as session:
        reconciling_cards.promise_missing(session)
    world.drain()
    assert [card for card in world.cards("patient_access") if card.control("Claim") is not None]


def test_inviting_the_bot_brings_the_cards_at_once(world: World) -> None:
    world.fault("slack", method="chat.postMessage", error="not_in_channel", times=10_000)
    asked(world)
    assert world.cards("patient_access") == []
    bot = world.theatre.facts["slack"]["bot_user_id"]

    somebody = post(world, event(world, type="member_joined_channel", user="U0ELSE", channel="C1"), JSON)
    world.drain()
    assert world.cards("patient_access") == []
    world.slack.faults.clear()
    said = event(world, type="member_joined_channel", user=bot, channel=world.channel("patient_access"))
    again = post(world, said.replace(b'"Ev1"', b'"Ev2"'), JSON)
    world.drain()

    assert (somebody.status_code, again.status_code) == (200, 200)
    assert world.card("patient_access").control("Claim") is not None


def test_a_revoked_token_is_told_by_text_and_a_new_one_counts_without_a_restart(world: World) -> None:
    good = world.theatre.facts["slack"]
    reconnect(world, good | {"bot_token": "xoxb-taken-back"})
    world.deps.vendors.forget("slack", world.org)
    asked(world)
    assert alerts(world, "slack_cut_off") == 1
    assert texted(world, "Slack has ended our access")
    assert world.cards("patient_access") == []

    reconnect(world, good)
    world.hurry()

    assert world.card("patient_access").control("Claim") is not None


def reconnect(world: World, config: dict[str, Any]) -> None:
    with world.begin() as session:
        connect(session, "slack", config)


def test_the_app_removed_is_told_once_however_often_slack_says_so(world: World) -> None:
    said = event(world, type="app_uninstalled")

    statuses = [post(world, said, JSON).status_code for _ in range(3)]
    world.drain()

    assert statuses == [200, 200, 200]
    assert alerts(world, "slack_cut_off") == 1
    assert len(set(texted(world, "Slack has ended our access"))) == 1


@pytest.mark.parametrize(("tokens", "told"), [({"bot": ["U0BOT"]}, 1), ({"oauth": ["U1"], "bot": []}, 0), ({}, 0)])
def test_only_our_own_token_taken_back_is_told(world: World, tokens: dict[str, Any], told: int) -> None:
    post(world, event(world, type="tokens_revoked", tokens=tokens), JSON)

    assert alerts(world, "slack_cut_off") == told
