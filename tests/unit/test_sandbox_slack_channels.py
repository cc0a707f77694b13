"""What people may do to a channel of the local Slack, and what the app hears of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox_slack import BOT, CLERK, LOUNGE, NURSE, OLD, OUTSIDER, ROOM, LocalSlack, local_slack
from tests.theatre import wait_until


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as made:
        yield made


def act(slack: LocalSlack, **what: Any) -> int:
    return slack.act("channel", **({"user": NURSE, "channel": ROOM} | what)).status_code


def heard(slack: LocalSlack) -> list[str]:
    return [json.loads(sent.body)["event"]["type"] for sent in slack.ws.deliveries.events]


@pytest.mark.parametrize(
    ("what", "event"),
    [
        ({"archived": True}, ["group_archive"]),
        ({"private": False}, []),
        ({"shared": True}, ["channel_shared"]),
        ({"name": "access-desk"}, ["group_rename"]),
        ({"remove": BOT}, ["group_left"]),
        ({"remove": CLERK}, ["member_left_channel"]),
        ({"invite": OUTSIDER}, ["member_joined_channel"]),
        ({"archived": True, "quiet": True}, []),
    ],
)
def test_the_app_hears_what_slack_tells_it(slack: LocalSlack, what: dict[str, Any], event: list[str]) -> None:
    assert act(slack, **what) == 200
    wait_until(lambda: len(heard(slack)) >= len(event), what="the event")
    assert heard(slack) == event


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"archived": False}, 409),
        ({"private": True}, 409),
        ({"name": "Access Desk"}, 422),
        ({"name": "lounge"}, 409),
        ({"remove": OUTSIDER}, 409),
        ({"invite": CLERK}, 409),
        ({"invite": "U0NOBODY"}, 404),
        ({"channel": "C0NONE", "archived": True}, 404),
        ({"user": OUTSIDER, "archived": True}, 403),
        ({"channel": OLD, "name": "older"}, 409),
        ({"archived": True, "shared": True}, 422),
        ({}, 422),
    ],
)
def test_what_slack_would_not_do_is_refused_and_nobody_hears_of_it(
    slack: LocalSlack, what: dict[str, Any], status: int
) -> None:
    assert act(slack, **what) == status
    assert heard(slack) == []


def test_of_a_channel_without_the_app_nothing_is_told(slack: LocalSlack) -> None:
    assert act(slack, channel=LOUNGE, archived=True) == 200
    assert heard(slack) == []
