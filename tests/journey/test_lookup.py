"""A patient is on the phone: found by name and birth date, phone or MRN, and helped in three clicks."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.tls import TLS
from tests.page_scene import proof
from tests.world import BRUNO, GRETA, OLGA, VERA, World

pytestmark = pytest.mark.phi("any")

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


@pytest.mark.phi("none")
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


@pytest.mark.phi("none")
def test_a_window_left_open_shows_nothing_once_the_level_is_none(world: World) -> None:
    level(world, "full")
    look_up(world, **named(world))
    level(world, "none")
    world.press("Choose", by=BRUNO)

    assert "may not show patients here any more" in str(world.form(BRUNO))


@pytest.fixture
def browser(world: World) -> Iterator[httpx.Client]:
    with httpx.Client(verify=TLS, trust_env=False, base_url=world.theatre.web.url, timeout=15) as client:
        yield client


def entered(world: World, browser: httpx.Client) -> httpx.Response:
    """Bruno at level none, signed in on the page by the link that the shortcut gave him."""
    level(world, "none")
    world.act("slack/shortcut", user=BRUNO, callback_id="patient.find")
    link = re.findall(r"/open/[A-Za-z0-9._/-]+", str(world.form(BRUNO)))[-1]
    signed_in = browser.post(link)
    assert signed_in.headers["location"] == "/worklist/patients"
    return browser.get("/worklist/patients")


def send(browser: httpx.Client, seen: httpx.Response, verb: str, **fields: str) -> httpx.Response:
    return browser.post("/worklist/patients", data={"proof": proof(seen), "verb": verb} | fields)


def test_at_none_the_page_finds_her_and_stops_her_texts_with_nothing_of_it_in_slack_or_a_log(
    world: World, browser: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    world.no_show("story")
    her, page = chart(world), entered(world, browser)

    found = send(browser, page, "search", **named(world))
    patient = re.findall(r"pat_[0-9a-z]+", found.text)[0]
    seen = send(browser, found, "choose", patient=patient)
    stopped = send(browser, seen, "stop", patient=patient, said_by="patient")
    again = send(browser, stopped, "stop", patient=patient, said_by="patient")

    assert f"{her['given']} {her['family']}" in found.text
    assert "Open programs" in seen.text
    assert "Stopped. Nothing more is texted" in stopped.text
    assert "stopped already" in again.text
    assert "default-src 'none'" in found.headers["content-security-policy"]
    world.drain()
    sent = json.dumps([call.args for call in world.slack.calls.of(None)], ensure_ascii=False)
    logged = capfd.readouterr()
    for secret in (her["family"], her["born"], her["mrn"], world.person("story").number):
        assert secret not in sent + logged.out + logged.err


def test_the_page_hands_a_number_to_the_chart_and_pauses_a_program(world: World, browser: httpx.Client) -> None:
    world.no_show("story")
    found = send(browser, entered(world, browser), "search", mrn=chart(world)["mrn"])
    patient = re.findall(r"pat_[0-9a-z]+", found.text)[0]
    seen = send(browser, found, "choose", patient=patient)
    which = re.findall(r"enr_[0-9a-z]+", seen.text)[0]

    refused = send(browser, seen, "number", patient=patient, number="12")
    handed = send(browser, seen, "number", patient=patient, number="312 555 0142")
    paused = send(browser, seen, "program", patient=patient, which=which, how="pause")
    spoken = send(browser, seen, "language", patient=patient, language="fr")

    assert refused.status_code == 409
    assert 'value="12"' in refused.text
    assert "asks for it there" in handed.text
    assert "Paused." in paused.text
    assert "The language belongs to the chart" in spoken.text


def test_the_page_refuses_a_form_that_is_not_its_own_and_half_a_question(world: World, browser: httpx.Client) -> None:
    page = entered(world, browser)

    half = send(browser, page, "search", family="Quibblesworth")
    nobody = send(browser, page, "search", family="Quibblesworth", born="1/2/1960")
    forged = browser.post("/worklist/patients", data={"proof": "0" * 64, "verb": "search", "mrn": "MRN1"})
    elsewhere = browser.post("/worklist/patients", data={}, headers={"sec-fetch-site": "cross-site"})
    broken = send(browser, page, "choose", patient="pat_\0")
    browser.cookies.clear()

    assert half.status_code == 409
    assert "Give the last name and the birth date" in half.text
    assert 'value="Quibblesworth"' in half.text
    assert "No patient fits" in nobody.text
    assert (forged.status_code, elsewhere.status_code, broken.status_code) == (403, 403, 409)
    assert browser.get("/worklist/patients").status_code == 401
