"""`/kpi` in a clinic whose figures are more than a moment's work: a line at once, and nobody waits for a count of everything."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from bot import times
from tests.bench.clinic import fill, forget_unsealed
from tests.world import FRANK, World
from workflows import local_days
from workflows.kpis import states

RUNS = 1_500
FIRST_LINE_MS = 2_000
LATE_WORD = "UPDATE messages SET state_at = careloop.now() WHERE state = 'undelivered'"


@pytest.fixture
def large(world: World) -> Iterator[World]:
    """A clinic of some size, nothing counted yet."""
    database = world.theatre.database.superuser_url
    fill(database, RUNS, until=world.now)
    yield world
    forget_unsealed(database)


def asked(world: World, words: str) -> dict[str, Any]:
    """The answer to the command itself, and how long it took."""
    here = world.channel("front_office")
    return world.act("slack/command", user=FRANK, channel=here, command="/kpi", text=words)


def as_of(world: World) -> tuple[datetime, str]:
    with world.begin() as session:
        at = states.as_of(session)
        assert at is not None
        return at, times.moment(at, local_days.zone(session))


@pytest.mark.req("S133", by="workflows.kpis.engine:catch_up")
def test_a_line_comes_at_once_and_then_the_figures_of_the_last_count(large: World) -> None:
    world = large
    first = asked(world, "no_show last 30 days by language")  # and the worker counts, part by part
    assert "counted for the first time" in world.whisper(FRANK).words
    counted, shown = as_of(world)
    world.jump(minutes=20)
    with world.begin() as session:
        session.execute(text(LATE_WORD))
        session.execute(text("UPDATE patients SET language = language"))
    second = asked(world, "no_show last 30 days by language")

    for said in (first, second):
        assert said["answer"]["text"].startswith("Counting the figures of `no_show`")
        assert said["ms"] <= FIRST_LINE_MS
    words = world.whisper(FRANK).words
    assert f"as of {shown}" in words
    assert "By language" in words
    assert as_of(world)[0] > counted, "the worker was asked to count what is new"


def test_who_asks_again_soon_does_not_have_everything_counted_again(large: World) -> None:
    world = large
    asked(world, "")
    counted = as_of(world)
    with world.begin() as session:
        session.execute(text("UPDATE patients SET language = language"))
    world.jump(minutes=5)

    asked(world, "")

    assert as_of(world) == counted
