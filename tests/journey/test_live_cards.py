"""Cards tell the truth while nobody touches them, and Slack is not called to hear the same twice."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import cards, sync
from handlers import processes
from storage.tables import CardPost, Case, Team
from tests.world import AMINA, BRUNO, ELENA, World
from workflows import cases


def updates(world: World) -> int:
    """Calls to redraw a message that Slack has had."""
    return len(world.slack.calls.of("chat.update"))


def refresh(world: World) -> None:
    processes.refresh(world.deps)
    world.drain()


def asked(world: World) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")


@pytest.mark.req("S124")
def test_a_card_nobody_touches_says_when_it_becomes_due_and_how_late_it_is(world: World) -> None:
    asked(world)
    with world.begin() as session:
        due = session.scalars(select(Case.due_at)).one()
    seen = []

    for minutes in (-30, 0, 60):
        world.clock.jump(due + timedelta(minutes=minutes))
        refresh(world)
        seen.append(world.card("patient_access", "Offer new times").words)

    assert ["due in 30 min" in seen[0], "due now" in seen[1], "late by 1 h" in seen[2]] == [True] * 3


def test_a_redraw_that_would_say_the_same_does_not_call_slack(world: World) -> None:
    asked(world)
    before = updates(world)

    with world.begin() as session:
        for case in session.scalars(select(Case)):
            cases.refresh_card(session, case)
    world.drain()
    refresh(world)

    assert updates(world) == before


def test_a_day_of_an_untouched_case_costs_at_most_sixteen_calls(world: World) -> None:
    asked(world)
    before = updates(world)

    for _ in range(24 * 4):
        world.jump(minutes=15)
        refresh(world)

    assert 3 <= updates(world) - before <= 16


@pytest.mark.req("S122")
def test_slack_read_again_over_http_equals_the_database_for_every_card(world: World) -> None:
    busy(world)

    posted = {channel: history(world, channel) for channel in rooms(world)}
    with world.begin() as session:
        found = list(session.execute(select(CardPost, Case).join(Case, Case.id == CardPost.case_id)))
        drawn = {(post.channel, post.ts): expected(session, post, case) for post, case in found}

    held = {
        (channel, message["ts"]): [
            message["text"],
            [{k: v for k, v in b.items() if k != "block_id"} for b in message["blocks"]],
        ]
        for channel, messages in posted.items()
        for message in messages
        if message.get("metadata", {}).get("event_type") == "careloop_case"
    }
    assert len(held) >= 4
    assert held == drawn


def busy(world: World) -> None:
    """Cases of several kinds, claimed, moved, closed, and one whose card a colleague deletes."""
    people = [role for role in world.clinic.people if world.person(role).number][:6]
    for role in people:
        if world.person(role).appointment:
            world.no_show(role)
    for role, words in zip(people, ("can we do next tues afternoon?", "chest pain since this morning", "wrong number",
                                    "who is this?", "CANCEL", "please call me"), strict=False):  # fmt: skip
        world.text(role, words)
    for team, by in (("patient_access", BRUNO), ("clinical", AMINA), ("front_office", ELENA)):
        for card in world.cards(team)[:2]:
            if card.control("Claim"):
                world.click("Claim", card, by=by)
    world.click("Close", world.card("patient_access", f"<@{BRUNO}>"), by=BRUNO)
    world.submit(BRUNO, disposition="declined")
    moved = next(card for card in world.cards("front_office") if card.control("Close"))
    world.click("Reassign", moved, by=ELENA)
    form: Any = world.form(ELENA)
    groups = next(b for b in form["blocks"] if b["type"] == "input")["element"]["option_groups"]
    there = next(o["value"] for g in groups for o in g["options"] if o["text"]["text"] == "Care coordination")
    world.submit(ELENA, to=there)
    world.jump(hours=3)
    for _ in range(5):
        refresh(world)


def rooms(world: World) -> list[str]:
    return [team.channel for team in world.clinic.teams]


def history(world: World, channel: str) -> list[dict[str, Any]]:
    """As Slack's API tells it."""
    answer = world.http.get(
        "/slack/api/conversations.history",
        params={"channel": channel, "include_all_metadata": "true", "limit": "200"},
        headers={"Authorization": f"Bearer {world.theatre.config.slack_bot_token}"},
    ).json()
    assert answer["ok"], answer
    messages: list[dict[str, Any]] = answer["messages"]
    return messages


def expected(session: Any, post: CardPost, case: Case) -> list[Any]:
    """The card as the database would have it drawn, at the moment it was drawn last; where it moved away, the line it left."""
    team = session.scalars(select(Team).where(Team.id == case.team_id)).one()
    if post.channel != team.channel_id:
        plan = sync.plan(session, case.id)
        return [plan.moved.text, list(plan.moved.blocks)]
    view = sync.view(session, case, team)
    assert post.shown == sync.plan(session, case.id).says, "what stands there has grown stale"
    message = cards.build(replace(view, now=post.drawn_at or view.now))
    return json.loads(json.dumps([message.text, message.blocks]))  # type: ignore[no-any-return]
