"""A patient is on the phone: found by name and birth date, phone or MRN, and helped in three clicks."""

import json
from typing import Any

import pytest

from tests.world import BRUNO, GRETA, OLGA, VERA, World

MOST_CLICKS = 3


def level(world: World, said: str) -> None:
    world.command(GRETA, world.channel("front_office"), f"phi {said}")


def chart(world: World, role: str = "story") -> dict[str, str]:
    """Last name, birth date and MRN as the chart has them."""
    found = world.fhir(f"Patient/{world.person(role).patient}")
    return {
        "family": found["name"][0]["family"],
        "given": found["name"][0]["given"][0],
        "born": found["birthDate"],
        "mrn": found["identifier"][0]["value"],
    }


def look_up(world: World, by: str = BRUNO, **asked: str) -> str:
    """Open the search by shortcut and send it; what the window says then."""
    world.act("slack/shortcut", user=by, callback_id="patient.find")
    world.submit(by, **asked)
    return str((world.form(by) or {}).get("blocks"))


def named(world: World) -> dict[str, str]:
    return {name: chart(world)[name] for name in ("family", "born")}


def test_at_initials_she_is_found_and_named_by_initials_alone(world: World) -> None:
    level(world, "initials")
    her = chart(world)

    shown = look_up(world, **named(world))
    world.press("Choose", by=BRUNO)
    window = str((world.form(BRUNO) or {})["blocks"])

    assert f"{her['given'][0]}{her['family'][0]}, " in shown
    assert "Open programs" in window
    assert her["family"] not in shown + window


@pytest.mark.parametrize("by", ["mrn", "phone"])
def test_by_record_number_or_phone_with_the_name_where_slack_may_see_it(world: World, by: str) -> None:
    level(world, "full")
    her = chart(world)
    asked = {"mrn": her["mrn"]} if by == "mrn" else {"phone": world.person("story").number}

    assert f"{her['given']} {her['family']}" in look_up(world, **asked)


def test_nobody_found_says_what_to_try_and_searches_again(world: World) -> None:
    level(world, "full")

    assert "No patient fits" in look_up(world, family="Quibblesworth", born="1/2/1960")
    world.press("Search again", by=BRUNO)
    assert "Last name" in str(world.form(BRUNO))


def test_half_a_question_is_told_at_the_form(world: World) -> None:
    level(world, "full")
    look_up(world, family="Quibblesworth")

    assert "Give the last name and the birth date" in world.errors(BRUNO)


class Clicks:
    """Counts presses from the search's result on."""

    def __init__(self, world: World) -> None:
        self.world, self.made = world, 0

    def press(self, label: str) -> None:
        self.made += 1
        self.world.press(label, by=BRUNO)

    def send(self, **values: str) -> str:
        self.made += 1
        self.world.submit(BRUNO, **values)
        return str((self.world.form(BRUNO) or {})["blocks"])


@pytest.mark.parametrize(
    ("button", "values", "says"),
    [
        ("Stop all texts…", {}, "Stopped."),
        ("Stop one program…", {}, "Paused."),
        ("Fix number…", {"new": "312 555 0142"}, "Numbers belong to the chart. Case 1"),
        ("Language…", {"to": "fr"}, "The language belongs to the chart. Case 1"),
    ],
)
def test_each_act_is_at_most_three_clicks_from_the_result(
    world: World, button: str, values: dict[str, str], says: str
) -> None:
    level(world, "full")
    world.no_show("story")
    look_up(world, **named(world))
    clicks = Clicks(world)

    clicks.press("Choose")
    clicks.press(button)
    window = clicks.send(**values)

    assert says in window
    assert clicks.made <= MOST_CLICKS


def test_after_stop_nothing_more_is_texted(world: World) -> None:
    level(world, "full")
    world.no_show("story")
    before = len(world.texts("story"))
    look_up(world, **named(world))
    for label in ("Choose", "Stop all texts…"):
        world.press(label, by=BRUNO)
    world.submit(BRUNO)

    world.jump(days=5)

    assert len(world.texts("story")) == before


def test_from_the_home_too(world: World) -> None:
    level(world, "initials")
    world.act("slack/open_home", user=BRUNO)
    view: Any = world.slack.modals.homes[BRUNO]
    found = next(e for b in view["blocks"] for e in b.get("elements", []) if e.get("action_id") == "lookup.find")
    world.act("slack/view_action", user=BRUNO, view_id=view["id"], action_id="lookup.find", value=found["value"])

    assert "Last name" in str(world.form(BRUNO))


@pytest.mark.parametrize(("by", "says"), [(VERA, "cannot look up patients"), (OLGA, "not on Careloop's staff list")])
def test_a_viewer_and_a_stranger_are_told_why_not(world: World, by: str, says: str) -> None:
    level(world, "full")
    world.act("slack/shortcut", user=by, callback_id="patient.find")

    assert says in str(world.form(by)) + " ".join(world.whispers_to(by))
    assert "Last name" not in str(world.form(by))


def test_what_was_typed_goes_back_to_slack_nowhere_and_into_no_log(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    level(world, "initials")
    her = chart(world)
    look_up(world, **named(world))
    look_up(world, mrn=her["mrn"])
    look_up(world, phone=world.person("story").number)
    world.press("Choose", by=BRUNO)
    world.press("Fix number…", by=BRUNO)
    world.submit(BRUNO, new="312 555 0142")

    sent = json.dumps([call.args for call in world.slack.calls.of(None)], ensure_ascii=False)
    logged = capfd.readouterr()
    for secret in (her["family"], her["born"], her["mrn"], world.person("story").number, "555 0142", "5550142"):
        assert secret not in sent
        assert secret not in logged.out + logged.err


def test_at_none_slack_gets_a_link_and_nothing_of_anybody(world: World) -> None:
    level(world, "none")
    world.act("slack/shortcut", user=BRUNO, callback_id="patient.find")

    assert "/open/" in str(world.form(BRUNO))
    assert "Last name" not in str(world.form(BRUNO))


def test_a_window_left_open_shows_nothing_once_the_level_is_none(world: World) -> None:
    level(world, "full")
    look_up(world, **named(world))
    level(world, "none")
    world.press("Choose", by=BRUNO)

    assert "may not show patients here any more" in str(world.form(BRUNO))
