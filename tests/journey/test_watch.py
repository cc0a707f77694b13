"""The watch itself, over a real world: what is planted is found, wherever it goes, and at level none nothing is allowed."""

from collections.abc import Callable

import httpx
import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from slack_sdk import WebClient
from sqlalchemy import update

from core import log
from storage.tables import Organisation
from tests.watch.hearing import EARS
from tests.watch.plugin import TALLY, Leaked, judge_world
from tests.world import World

WROTE = "I would rather not come on thursday"


def slack(world: World) -> WebClient:
    return WebClient(token="xoxb-world", base_url=f"{world.theatre.vendors.url}/slack/api/")


def room(world: World) -> str:
    return world.channel("patient_access")


def blocks(words: str) -> list[dict[str, object]]:
    return [{"type": "section", "text": {"type": "plain_text", "text": words}}]


def log_a_field(world: World) -> None:
    log.get().debug("text.came", body=world.person("story").name)


def log_an_event(world: World) -> None:
    log.get().info(f"{world.person('story').name} came")


def call_slack(world: World) -> None:
    slack(world).chat_postMessage(channel=room(world), text="Case 1", blocks=blocks(WROTE))


def push(world: World) -> None:
    slack(world).chat_postMessage(channel=room(world), text=f"{world.person('story').name} waits")


def metadata(world: World) -> None:
    told = {"event_type": "case", "event_payload": {"to": world.person("story").number}}
    slack(world).chat_postMessage(channel=room(world), text="Case 1", metadata=told)


def refused_call(world: World) -> None:
    world.fault("slack", method="users.info", drop="request")
    with pytest.raises(httpx.HTTPError):
        world.http.post("/slack/api/users.info", json={"user": world.person("story").name})


def file_name(world: World) -> None:
    world.http.get(f"/slack/files-pri/T1-F1/{world.person('story').name}.csv")


def job(world: World) -> None:
    Queue("bulk", connection=world.theatre.redis, serializer=JSONSerializer).enqueue(
        "handlers.jobs.attend", "bulk", meta={"about": world.person("story").name}
    )
    world.drain()


def in_redis(world: World) -> None:
    world.theatre.redis.set("kept", world.person("story").number)


@pytest.mark.parametrize(
    "leak",
    [log_a_field, log_an_event, call_slack, push, metadata, refused_call, file_name, job, in_redis],
    ids=lambda leak: leak.__name__,
)
def test_a_planted_leak_is_caught(
    world: World, leak: Callable[[World], None], capfd: pytest.CaptureFixture[str]
) -> None:
    with world.begin() as session:
        session.execute(update(Organisation).values(phi_level="none"))
    world.text("story", WROTE)
    watched = TALLY["worlds"]

    leak(world)

    with pytest.raises(Leaked):
        judge_world(world.theatre.database, slack=world.slack, redis=world.theatre.redis)
    world.theatre.redis.delete("kept")
    capfd.readouterr()
    assert TALLY["worlds"] == watched + 1


def test_without_a_leak_the_same_world_is_clean_and_was_heard(world: World) -> None:
    with world.begin() as session:
        session.execute(update(Organisation).values(phi_level="none"))

    world.text("story", WROTE)
    world.text("chest_pain", "chest pain since this morning")
    world.command("U0BRUNO0002", room(world), "status")

    assert {one.level for one in EARS.requests} == {"none"}
    assert {one.answer for one in EARS.requests} == {True, False}
    assert EARS.jobs
