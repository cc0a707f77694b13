"""Slack takes our requests and does not answer them: clicks are acknowledged all the same."""

import socket
from contextlib import closing
from urllib.parse import quote

import pytest

from tests.journey.test_slack_matrix import asked, click, post
from tests.world import World

MUTE = 20  # more than there are threads that could wait for an answer


@pytest.mark.req("S126")
def test_a_slack_that_never_answers_keeps_no_click_waiting(world: World) -> None:
    asked(world)
    pressed = click(world, trigger="1.2.nth")
    with closing(socket.create_server(("127.0.0.1", 0), backlog=2 * MUTE)) as silent:
        told_at = quote(f'"response_url": "http://127.0.0.1:{silent.getsockname()[1]}/", "team"')
        pressed = pressed.replace(quote('"team"').encode(), told_at.encode())

        answers = [post(world, pressed.replace(b"nth", str(n).encode())) for n in range(MUTE)]

    assert [answer.status_code for answer in answers] == [200] * MUTE
    assert max(answer.elapsed.total_seconds() for answer in answers) < 3.0
