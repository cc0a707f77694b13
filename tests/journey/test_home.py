"""The Home tab: whose case it is, what is next, and what runs by itself, with the one button that is wanted."""

from typing import Any

import pytest

from tests.world import BRUNO, FRANK, GRETA, OLGA, World

pytestmark = pytest.mark.phi("any")


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


@pytest.mark.req("S58", by="workflows.desk_rows:cases")
@pytest.mark.req("S59", by="bot.home:_counts")
def test_an_agent_sees_what_waits_and_claims_it_with_one_click(world: World) -> None:
    asked(world)
    shown = str(home(world, BRUNO)["blocks"])
    assert "You have no case" in shown
    assert "Missed visit recovery: 1 wants a new time" in shown

    waiting = str(press(world, BRUNO, "Unclaimed (1)")["blocks"])
    after = press(world, BRUNO, "Claim")

    assert "*Offer new times* (asked: Tue 12–17)" in waiting
    assert "Needs a person · nobody's yet" in waiting
    assert "Everything is taken." in str(after["blocks"])
    assert "My cases (1)" in str(after["blocks"])
    assert f"<@{BRUNO}>" in world.card("patient_access", "Offer new times")


@pytest.mark.req("S43", by="workflows.desk_rows:running")
@pytest.mark.req("S61", by="bot.home:_running")
def test_what_runs_by_itself_shows_its_state_its_step_and_what_comes_next(world: World) -> None:
    world.no_show("story")
    world.no_show("silent")
    home(world, BRUNO)

    shown = str(press(world, BRUNO, "Running")["blocks"])

    assert "* · Active" in shown
    assert "next: after step " in shown


@pytest.mark.phi("full")
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


def test_a_manager_reads_a_line_of_figures_and_an_agent_does_not(world: World) -> None:
    assert "Nothing is old enough to count yet. `/kpi` says more." in str(home(world, FRANK)["blocks"])
    assert "/kpi" not in str(home(world, BRUNO)["blocks"])


@pytest.mark.phi("none")
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

    for label in ("Unclaimed", "All open", "Late", "Promises", "Running", "Programs", "My cases"):
        shown = str(press(world, FRANK, label))
        assert [word for word in ("Whitfield", "Dana", "tue afternoon", "5550111") if word in shown] == []


@pytest.mark.phi("none")
@pytest.mark.req("S60", by="workflows.desk_rows:running")
def test_what_stands_still_or_needs_a_person_is_first_among_what_runs(world: World) -> None:
    world.no_show("silent")
    world.no_show("chest_pain")
    world.text("chest_pain", "chest pain since this morning")
    home(world, FRANK)

    shown = str(press(world, FRANK, "Running")["blocks"])

    assert shown.index("Needs a person: case") < shown.index("* · Active")
    assert "next: when it is resumed" in shown


def pick(world: World, user: str, name: str, value: str) -> dict[str, Any]:
    """Pick one of a filter's list; the Home after it."""
    view = world.slack.modals.homes[user]
    world.act("slack/view_action", user=user, view_id=view["id"], action_id=f"home.narrow.{name}", value=value)
    after: dict[str, Any] = world.slack.modals.homes[user]
    return after


@pytest.mark.phi("full")
@pytest.mark.req("S58", by="workflows.lenses:narrow")
def test_a_filter_is_kept_says_what_it_hides_and_show_all_takes_it_off(world: World) -> None:
    asked(world)
    home(world, BRUNO)
    press(world, BRUNO, "Unclaimed")

    narrowed = str(pick(world, BRUNO, "state", "waiting")["blocks"])
    again = str(home(world, BRUNO)["blocks"])
    still = str(press(world, BRUNO, "Unclaimed")["blocks"])
    everything = str(press(world, BRUNO, "Show all")["blocks"])

    assert "Nothing here is Waiting." in narrowed
    assert "Filter on: Waiting. 1 other case is hidden." in narrowed
    assert "Filter on: Waiting." in again
    assert "Filter on: Waiting." in still
    assert "*Offer new times*" in everything
    assert "Filter on" not in everything


@pytest.mark.phi("full")
@pytest.mark.req("S60", by="workflows.desk_rows:_wanted")
def test_the_state_of_a_row_follows_what_is_done_with_it(world: World) -> None:
    asked(world)
    home(world, BRUNO)
    press(world, BRUNO, "Unclaimed")
    press(world, BRUNO, "Claim")
    mine = str(press(world, BRUNO, "My cases")["blocks"])

    waiting = str(pick(world, BRUNO, "state", "waiting")["blocks"])
    active = str(pick(world, BRUNO, "state", "active")["blocks"])
    done = str(pick(world, BRUNO, "state", "done")["blocks"])

    assert "Active · yours" in mine
    assert "Nothing here is Waiting." in waiting
    assert "*Offer new times*" in active
    assert "Nothing here is Done this week." in done


@pytest.mark.phi("full")
@pytest.mark.req("S62", by="workflows.desk_programs:programs")
def test_programs_stand_with_their_state_and_how_far_they_are(world: World) -> None:
    world.no_show("story")
    home(world, BRUNO)

    shown = str(press(world, BRUNO, "Programs")["blocks"])

    assert "*Missed visit recovery* · Running" in shown
    assert "1 running · 0 % of 1 done" in shown
    assert "· Idle" in shown
