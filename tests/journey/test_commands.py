"""Commands as people type them in Slack: who may, what is said, and what Slack sends twice, broken or from elsewhere."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.tls import TLS
from tests.world import BRUNO, FRANK, GRETA, OLGA, VERA, Card, World

pytestmark = pytest.mark.phi("any")

FORM = "application/x-www-form-urlencoded"


def post(world: World, **changed: Any) -> httpx.Response:
    """A command as Slack would post it, but for what is changed; None leaves a field out."""
    usual = {
        "team_id": world.theatre.config.slack_team, "user_id": FRANK, "channel_id": world.channel("front_office"),
        "command": "/outreach", "text": "help", "trigger_id": "1.2.typed",
    }  # fmt: skip
    form = {name: value for name, value in (usual | changed).items() if value is not None}
    sent = world.slack.deliveries.signed("", urlencode(form).encode(), FORM)
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        return client.post(f"{world.theatre.web.url}/slack/events", content=sent.body, headers=sent.headers)


def test_who_is_not_on_the_staff_list_gets_the_sentence_and_an_admin_hears_of_it(world: World) -> None:
    said = world.command(OLGA, world.channel("front_office"), "why 1001")

    assert said.startswith("You are not on Careloop's staff list, so nothing was done.")
    assert world.card("front_office", "staff list")


@pytest.mark.parametrize("team", ["T0ELSEWHERE", "", None])
def test_a_workspace_that_is_nobodys_gets_the_sentence(world: World, team: str | None) -> None:
    answer = post(world, team_id=team)

    assert answer.status_code == 200
    assert answer.text == "This workspace is not connected to Careloop."


def test_a_command_that_slack_sends_twice_acts_once(world: World) -> None:
    world.no_show("story")
    enrollment = world.why("story")["enrollment"]
    first = world.command(FRANK, world.channel("front_office"), f"pause {enrollment}")

    again = world.act("slack/redeliver", n=1)["delivered"]

    assert first.startswith("Paused.")
    assert [(one["status"], one["answer"]) for one in again] == [(200, None)]
    assert world.why("story")["state"] == "paused"
    assert world.rules("story").count("paused operator") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"text": None},
        {"text": ""},
        {"text": "   "},
        {"text": "😀"},
        {"text": "\x00why\x00 1001\x00"},
        {"text": "why " + "9" * 4000},
        {"text": "א" * 3000},
        {"text": "<!channel> & <@U123>"},
        {"user_id": None},
        {"user_id": "\x00"},
        {"channel_id": None},
        {"trigger_id": None},
    ],
)
def test_no_form_of_a_command_is_more_than_answered_in_private(world: World, changed: dict[str, Any]) -> None:
    answer = post(world, **changed)

    assert answer.status_code == 200
    assert answer.json()["response_type"] == "ephemeral"
    assert 0 < len(answer.json()["text"]) <= 3000
    assert "<!channel>" not in answer.text


def test_help_is_by_role(world: World) -> None:
    here = world.channel("front_office")

    manager, viewer = world.command(FRANK, here, "help"), world.command(VERA, here, "what can I do")

    assert "*Run and set up*" in manager
    assert "raise-cap" in manager
    assert "raise-cap" not in viewer


def test_pausing_a_program_asks_first_and_then_stops_its_texts(world: World) -> None:
    world.command(BRUNO, world.channel("patient_access"), "pause program no_show")
    world.submit(BRUNO, reason="wrong wording")

    world.no_show("story")

    assert world.texts("story") == []
    assert "held halt.program" in world.rules("story")


def listed(world: World, by: str) -> Card:
    """The newest message that only this person sees and that has buttons."""
    rooms = world.slack.state()["channels"]
    found = [(room["id"], m) for room in rooms for m in room["messages"] if m["ephemeral_to"] == by and m["blocks"]]
    channel, message = max(found, key=lambda one: float(one[1]["ts"]))
    return Card(channel, message["ts"], message["blocks"], message["text"])


def press(world: World, label: str, card: Card, *, by: str) -> None:
    rows = [block for block in card.blocks if block["type"] in ("section", "actions")]
    elements = [each for row in rows for each in [*row.get("elements", []), row.get("accessory") or {}]]
    control = next(each for each in elements if each.get("text", {}).get("text") == label)
    world.act(
        "slack/click", user=by, channel=card.channel, ts=card.ts, action_id=control["action_id"], value=control["value"]
    )


def waiting(world: World) -> None:
    """Two cases wait for patient access."""
    for role in ("landline", "no_phone"):
        world.no_show(role)


def test_the_most_urgent_cases_are_claimed_from_the_list_which_shows_what_is_left(world: World) -> None:
    waiting(world)
    here = world.channel("patient_access")
    said = world.command(BRUNO, here, "", name="/worklist")
    assert "2 open" in said

    press(world, "Claim", listed(world, BRUNO), by=BRUNO)

    now_there = listed(world, BRUNO)
    assert "· yours" in now_there
    assert now_there.words.count("'Claim'") == 1
    assert [m for m in world.cards("patient_access") if "Worklist" in m] == []


def test_a_teams_list_is_shared_on_purpose_in_its_own_channel_alone(world: World) -> None:
    waiting(world)
    for team in ("front_office", "patient_access"):
        world.command(FRANK, world.channel(team), "patient access", name="/worklist")
        press(world, "Share in channel", listed(world, FRANK), by=FRANK)

    shared = [m for m in world.cards("patient_access") if "Worklist: Patient access" in m]
    assert [m for m in world.cards("front_office") if "Worklist" in m] == []
    assert len(shared) == 1
    assert "Claim" not in shared[0]
    assert "This is not the channel of that team, so nothing was shared." in " ".join(world.whispers_to(FRANK))


@pytest.mark.phi("none")
def test_in_a_channel_that_others_read_nothing_is_shared(world: World) -> None:
    waiting(world)
    here = world.channel("patient_access")
    world.command(FRANK, here, "patient access", name="/worklist")
    world.slack.rooms.all[here].private = False

    press(world, "Share in channel", listed(world, FRANK), by=FRANK)

    assert "not private to the team, so nothing was shared" in " ".join(world.whispers_to(FRANK))
    assert [m for m in world.cards("patient_access") if "Worklist" in m] == []


@pytest.mark.parametrize(
    ("by", "text", "said"),
    [
        (BRUNO, "clinical", "Clinical is not one of your teams. Yours: `/worklist patient access`"),
        (BRUNO, "Zyxwina", "There is no team of that name. Yours:"),
        (BRUNO, "help", "`/worklist`: the ten most urgent"),
        (OLGA, "", "You are not on Careloop's staff list"),
    ],
)
def test_other_words_after_worklist_get_a_sentence(world: World, by: str, text: str, said: str) -> None:
    assert said in world.command(by, world.channel("patient_access"), text, name="/worklist")


ASKED = {
    "/outreach": [
        "help", "why 1001", "start", "consent", "consent 1001", "tomorrow", "ehr status", "pilot", "hours", "stop-all",
        "pause mine",
    ],
    "/worklist": ["", "patient access"],
    "/kpi": ["", "no_show november"],
    "/recall": ["", "list", "status", "csv", "wellness"],
}  # fmt: skip


def test_at_none_no_command_shows_anything_of_a_patient(world: World) -> None:
    world.command(GRETA, world.channel("front_office"), "phi none")
    waiting(world)
    world.no_show("story")
    world.text("story", "can Zyxwina come on Tuesday after 3?")
    before = len(world.slack.calls.of(None))
    answers = [
        world.command(FRANK, world.channel("patient_access"), text, name=name) + str(world.form(FRANK))
        for name, texts in ASKED.items()
        for text in texts
    ]

    shown = " ".join(
        [*answers, *world.whispers_to(FRANK), *(str(call.args) for call in world.slack.calls.of(None)[before:])]
    )

    for role in ("story", "landline", "no_phone"):
        person = world.person(role)
        chart = next(one for one in world.clinic.resources["Patient"] if one["id"] == person.patient)
        named = [
            chart["name"][0]["family"],
            *chart["name"][0]["given"],
            chart["birthDate"],
            chart["identifier"][0]["value"],
        ]
        assert [one for one in (*named, person.number, person.number[-7:]) if one and one in shown] == []
    assert "Zyxwina" not in shown
