"""The Home tab: whose case it is, what is next, and what runs by itself, with the one button that is wanted."""

from typing import Any

import pytest

from tests.world import BRUNO, FRANK, GRETA, OLGA, World


def home(world: World, user: str) -> dict[str, Any]:
    world.act("slack/open_home", user=user)
    found: dict[str, Any] = world.slack.modals.homes[user]
    return found


def press(world: World, user: str, label: str) -> dict[str, Any]:
    """Press a button of the Home by its words; the Home after it."""
    view = world.slack.modals.homes[user]
    elements = [
        e for b in view["blocks"] for e in [*b.get("elements", []), *([b["accessory"]] if "accessory" in b else [])]
    ]
    found = next(e for e in elements if e["type"] == "button" and e["text"]["text"].startswith(label))
    world.act("slack/view_action", user=user, view_id=view["id"], action_id=found["action_id"], value=found["value"])
    after: dict[str, Any] = world.slack.modals.homes[user]
    return after


def asked(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")


@pytest.mark.req("S58", by="workflows.desk:_entries")
@pytest.mark.req("S59", by="bot.home:_counts")
def test_an_agent_sees_what_waits_and_claims_it_with_one_click(world: World) -> None:
    asked(world)
    shown = str(home(world, BRUNO)["blocks"])
    assert "You have no case" in shown
    assert "Missed visit recovery: 1 offer new times" in shown

    waiting = str(press(world, BRUNO, "Unclaimed (1)")["blocks"])
    after = press(world, BRUNO, "Claim")

    assert "*Offer new times* (asked: Tue 12–17)" in waiting
    assert "Everything is taken." in str(after["blocks"])
    assert "My cases (1)" in str(after["blocks"])
    assert f"<@{BRUNO}>" in world.card("patient_access", "Offer new times")


@pytest.mark.req("S43", by="workflows.desk:_running")
@pytest.mark.req("S61", by="bot.home:_running")
def test_what_runs_by_itself_shows_its_state_its_step_and_what_comes_next(world: World) -> None:
    world.no_show("story")
    world.no_show("silent")
    home(world, BRUNO)

    shown = str(press(world, BRUNO, "Running")["blocks"])

    assert "no reply yet" in shown
    assert "At step" in shown
    assert "next: " in shown


@pytest.mark.req("S60")
def test_open_from_home_shows_the_conversation(world: World) -> None:
    asked(world)
    home(world, BRUNO)
    press(world, BRUNO, "Unclaimed")
    press(world, BRUNO, "Claim")
    press(world, BRUNO, "My cases")

    press(world, BRUNO, "Open")

    form = world.form(BRUNO)
    assert form is not None
    assert "*Asked*" in str(form["blocks"])


def test_a_manager_reads_a_line_of_counts_and_an_agent_does_not(world: World) -> None:
    assert "last 7 days: 0" in str(home(world, FRANK)["blocks"])
    assert "last 7 days" not in str(home(world, BRUNO)["blocks"])


def test_a_stranger_is_told_whom_to_ask(world: World) -> None:
    assert "not on Careloop's staff list" in str(home(world, OLGA)["blocks"])


def test_the_loser_of_a_race_at_home_is_told_who_won(world: World) -> None:
    asked(world)
    home(world, BRUNO)
    home(world, FRANK)
    press(world, FRANK, "Unclaimed")
    press(world, BRUNO, "Unclaimed")
    press(world, BRUNO, "Claim")

    press(world, FRANK, "Claim")

    form = world.form(FRANK)
    assert form is not None
    assert "Bruno Keller claimed case" in str(form["blocks"])


@pytest.mark.req("N2")
@pytest.mark.parametrize("level", ["none", "full"])
def test_home_holds_codes_at_any_level(world: World, level: str) -> None:
    world.command(GRETA, world.channel("front_office"), f"phi {level}")
    asked(world)
    home(world, FRANK)

    for label in ("Unclaimed", "All open", "Late", "Promises", "Running", "My cases"):
        shown = str(press(world, FRANK, label))
        assert [word for word in ("Whitfield", "Dana", "tue afternoon", "5550111") if word in shown] == []


@pytest.mark.req("S60", by="workflows.desk:_running")
def test_what_stands_still_or_needs_a_person_is_first_among_what_runs(world: World) -> None:
    world.no_show("silent")
    world.no_show("chest_pain")
    world.text("chest_pain", "chest pain since this morning")
    home(world, FRANK)

    shown = str(press(world, FRANK, "Running")["blocks"])

    assert shown.index("needs a person: case") < shown.index("no reply yet")
    assert "next: when it is resumed" in shown
