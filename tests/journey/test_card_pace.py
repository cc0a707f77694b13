"""A post a second in a channel, red flags first; when Slack asks to wait, nobody asks the same before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from core import ids
from handlers import deps as process
from handlers import jobs
from handlers.pacer import KEPT, POST_BURST, Pacer
from storage.outbox import Lane
from storage.tables import CardPost
from tests.journey.test_slack_down import order, posts
from tests.world import World
from workflows import cases
from workflows.cases import Opening

pytestmark = pytest.mark.phi("any")

MANY = 20


@pytest.fixture
def paced(monday: World) -> Iterator[World]:
    """Cards leave at the pace of the real Slack."""
    pacer = Pacer(monday.deps.redis, segments_per_second=500, posts_per_second=1)
    process.use(replace(monday.deps, pacer=pacer))
    yield monday
    process.use(monday.deps)


def opened(world: World, count: int, *, priority: str = "normal") -> list[str]:
    with world.unattended(), world.begin() as session:
        made = [
            cases.open_one(
                session,
                Opening(
                    kind="admin", team="front_office", reason="question", due="4 hours", priority=priority,
                    dedupe_key=f"{priority}:{number}",
                ),
            ).id
            for number in range(count)
        ]  # fmt: skip
    return [ids.show("cas", case_id) for case_id in made]


def waits(world: World) -> list[float]:
    """Until when the cards that wait do so, in seconds from now."""
    with world.begin() as session:
        query = "SELECT extract(epoch FROM not_before - clock_timestamp()) FROM outbox WHERE topic = 'card.sync' AND state = 'due'"
        return sorted(float(one) for one in session.scalars(text(query)))


def test_many_cards_leave_one_a_second_and_a_red_flag_waits_for_none_of_them(paced: World) -> None:
    routine = opened(paced, MANY)
    jobs.attend(Lane.ACTIONS.value)
    before = len(order(paced))

    flag = opened(paced, 1, priority="emergency")
    jobs.attend(Lane.SAFETY.value)

    assert 0 <= before - (POST_BURST - KEPT) <= 6  # those that fit beside what red flags keep, and one a second since
    assert order(paced)[before] == flag[0]
    assert waits(paced)[-1] > (MANY - before) / 2  # each has a turn of its own: they do not all come back at once
    assert not paced.slack.calls.of("conversations.history")  # what has certainly not been posted is not looked for
    process.use(paced.deps)
    paced.hurry()
    assert posts(paced) == Counter({*routine, *flag})


def test_what_slack_asked_us_to_wait_with_is_not_asked_again_by_another_card(paced: World) -> None:
    paced.fault("slack", method="chat.postMessage", error="ratelimited", status=429, retry_after=30, times=1)
    routine = opened(paced, 5)

    jobs.attend(Lane.ACTIONS.value)

    assert len(paced.slack.calls.of("chat.postMessage")) == 1
    assert waits(paced)[0] > 25
    with paced.begin() as session:
        assert session.scalar(select(func.count()).select_from(CardPost)) == 0
    paced.deps.redis.flushdb()
    process.use(paced.deps)
    paced.hurry()
    assert posts(paced) == Counter(routine)


def test_the_wait_is_a_channels_and_an_organisations_own(paced: World) -> None:
    pacer = Pacer(paced.deps.redis, segments_per_second=1, posts_per_second=1)
    other = UUID(int=7)
    pacer.hold(paced.org, "post:C1", 20)

    assert pacer.turn(paced.org, "post:C1", urgent=True) > 15
    assert pacer.turn(paced.org, "post:C2", urgent=False) == 0
    assert pacer.turn(other, "post:C1", urgent=False) == 0
    assert pacer.turn(paced.org, "chat.update", urgent=False) == 0
