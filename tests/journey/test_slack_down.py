"""Slack answers 503 for ten minutes: who must know is texted, nothing is lost or doubled, and red flags come first when it is back."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from core import ids
from handlers import processes
from handlers.effects import slack as effects
from storage.outbox import Lane, Leased, Topic
from storage.tables import Case, Outage, OutboxRow, Staff
from tests.kept import line
from tests.world import World
from workflows import cases, outages, staff
from workflows.cases import Opening

pytestmark = pytest.mark.phi("any")

PRIORITIES = {"emergency": "clinical", "urgent": "clinical", "high": "front_office", "normal": "front_office"}


@pytest.fixture
def down(monday: World) -> World:
    """Every call to Slack fails from now on."""
    monday.fault("slack", method="*", status=503, times=10_000)
    return monday


def opened(world: World, priority: str, key: str) -> UUID:
    kind = "red_flag" if priority == "emergency" else "clinical" if priority == "urgent" else "admin"
    with world.begin() as session:
        opening = Opening(
            kind=kind, team=PRIORITIES[priority], reason="question", due="4 hours", priority=priority, dedupe_key=key
        )
        found = cases.open_one(session, opening).id
    world.drain()
    return found


def aged(world: World) -> None:
    """Ten seconds of machine time pass for what is known of the outage."""
    with line(world.theatre.database.superuser_url) as connection:
        connection.execute(
            "UPDATE outages SET began_at = began_at - interval '10 s', probed_at = probed_at - interval '10 s'"
        )


def minutes(world: World, count: int) -> None:
    for _ in range(count):
        world.clock.advance(timedelta(minutes=1))
        processes.tick(world.deps)
        aged(world)
        world.drain()


def posts(world: World) -> Counter[str]:
    """How often each case's card was posted, by its metadata."""
    made: Counter[str] = Counter()
    for call in world.slack.calls.of("chat.postMessage"):
        about = _about(call.args)
        if call.answer.get("ok") and about.startswith("cas_"):
            made[about] += 1
    return made


def order(world: World) -> list[str]:
    return [_about(c.args) for c in world.slack.calls.of("chat.postMessage") if c.answer.get("ok")]


def _about(args: Any) -> str:
    metadata = args.get("metadata") or {}
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    return str((metadata.get("event_payload") or {}).get("case_id", ""))


def texted(world: World, words: str) -> list[str]:
    """Texts to any colleague's phone with these words."""
    numbers = [person["phone"] for person in world.theatre.facts["staff"] if person.get("phone")]
    return [told for number in numbers for told in world.texts(number) if words in told]


@pytest.mark.req("N11", by="workflows.outages:failed")
def test_ten_minutes_without_slack(down: World) -> None:
    first = {priority: opened(down, priority, f"a-{priority}") for priority in PRIORITIES}
    minutes(down, 4)
    with down.begin() as session:
        assert session.scalars(select(Outage.down_at)).one() is not None
    assert texted(down, "Slack is down. Claim it on the page")
    assert texted(down, "/sign-in")

    late = opened(down, "emergency", "b-emergency")
    before = len(texted(down, "(emergency)"))
    processes.tick(down.deps)
    down.drain()
    assert len(texted(down, "(emergency)")) == before + 1  # at once, without the minutes for a card and a message
    with down.begin() as session:
        nurse = session.scalars(select(Staff).where(Staff.role == "clinician").order_by(Staff.name)).first()
        assert nurse is not None
        who = staff.of_id(session, nurse.id)
        cases.claim(session, first["urgent"], by=who)
        cases.close(
            session,
            cases.claim(session, first["normal"], by=who),
            disposition="resolved",
            actor=who.actor,
            staff_id=who.id,
        )
    minutes(down, 6)
    assert posts(down) == {}

    down.slack.faults.clear()
    minutes(down, 1)

    everything = {ids.show("cas", case_id) for case_id in (*first.values(), late)}
    assert posts(down) == Counter(everything | {alert(down)})
    assert order(down)[:2] == [
        ids.show("cas", first["emergency"]),
        ids.show("cas", late),
    ]  # red flags, the oldest first
    with down.begin() as session:
        left = session.scalars(
            select(OutboxRow.topic).where(OutboxRow.state.in_(("due", "leased")), OutboxRow.topic == "card.sync")
        )
        assert list(left) == []
        assert session.scalars(select(Outage.ended_at)).one() is not None
        assert session.scalars(select(Case.state).where(Case.kind == "system_alert")).one() == "closed"
    for team in ("clinical", "front_office"):
        told = [card for card in down.cards(team) if "Slack did not answer us from" in card.text]
        assert len(told) == 1
        assert "went out by text" in told[0]


def test_red_flags_come_back_by_age_whatever_their_tries_were(down: World) -> None:
    flags = [opened(down, "emergency", f"flag-{n}") for n in range(3)]
    minutes(down, 3)
    with line(
        down.theatre.database.superuser_url
    ) as connection:  # the oldest failed last, the newest is a row of long ago
        connection.execute(
            "UPDATE outbox SET not_before = clock_timestamp() - make_interval(secs => CASE key WHEN %s THEN 1 WHEN %s THEN 2 ELSE 3 END) "
            "WHERE topic = 'card.sync' AND state = 'due'",
            [str(flags[0]), str(flags[1])],
        )
    down.slack.faults.clear()

    minutes(down, 1)

    assert order(down)[:3] == [ids.show("cas", flag) for flag in flags]


def alert(world: World) -> str:
    with world.begin() as session:
        return ids.show("cas", session.scalars(select(Case.id).where(Case.kind == "system_alert")).one())


def test_a_single_failed_call_is_no_outage(monday: World) -> None:
    monday.fault("slack", method="chat.postMessage", status=503, times=1)
    opened(monday, "high", "one")
    monday.hurry()

    minutes(monday, 1)

    with monday.begin() as session:
        assert list(session.scalars(select(Outage.id))) == []
    assert texted(monday, "Slack") == []


def test_cards_that_are_gone_or_were_never_promised_come_back(monday: World) -> None:
    gone, never = opened(monday, "high", "gone"), opened(monday, "high", "never")
    card = monday.card("front_office", ids.show("cas", gone))
    next(message for message in monday.slack.rooms.all[card.channel].messages if message.ts == card.ts).deleted = True
    with line(monday.theatre.database.superuser_url) as connection:
        connection.execute("DELETE FROM card_posts WHERE case_id = %s", [never])
    before = posts(monday)

    processes.reconcile(monday.deps)
    monday.drain()

    made = posts(monday) - before
    assert made[ids.show("cas", gone)] == 1
    assert made[ids.show("cas", never)] == 1
    before = posts(monday)
    processes.reconcile(monday.deps)
    monday.drain()
    assert posts(monday) == before


def test_a_whisper_that_waited_for_minutes_is_not_said(monday: World) -> None:
    row = Leased(1, Topic.WHISPER, "x", Lane.ACTIONS, {}, effects.STALE_AFTER + 1, UUID(int=1))

    effects.whisper(monday.deps, monday.org, row)

    assert monday.slack.calls.of("chat.postEphemeral") == []


def test_probes_are_rare_and_one_at_a_time(down: World) -> None:
    with down.begin() as session:
        outages.failed(session, outages.SLACK)
    for _ in range(5):
        with down.begin() as session:
            outages.tend(session)
    with down.begin() as session:
        assert session.execute(text("SELECT count(*) FROM outbox WHERE topic = 'vendor.probe'")).scalar() == 1
