"""Shortcuts: outreach for one patient from anywhere, and a colleague's message that becomes a case."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select

from core.ids import show
from sandbox.tls import TLS
from storage.db import vault
from storage.tables import Case
from tests.world import BRUNO, CHLOE, FRANK, OLGA, VERA, World

pytestmark = pytest.mark.phi("any")

WORDS = "Zyxwina Quibblesworth called & wants <her> records 😀"


def note_of(world: World, number: int) -> str | None:
    with world.begin() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        return vault(session).open(case.note, "cases.note", case.id) if case.note else None


def written(world: World, text: str = WORDS, *, team: str = "patient_access", by: str = BRUNO) -> dict[str, str]:
    """A colleague writes in a team's channel: where."""
    channel = world.channel(team)
    return {"channel": channel, "ts": world.act("slack/message", user=by, channel=channel, text=text)["ts"]}


def use(world: World, by: str, message: dict[str, str]) -> None:
    world.act("slack/shortcut", user=by, callback_id="message.case", **message)


def from_us(world: World) -> str:
    """Everything Careloop asked of Slack."""
    return json.dumps([call.args for call in world.slack.calls.of(None)], ensure_ascii=False)


@pytest.mark.phi("full")
def test_outreach_is_started_from_anywhere(world: World) -> None:
    world.act("slack/shortcut", user=BRUNO, callback_id="outreach.start")

    form: Any = world.form(BRUNO)
    assert form["title"]["text"] == "Start a program"


def test_who_may_not_start_outreach_reads_it_in_a_window_since_there_is_no_channel(world: World) -> None:
    world.act("slack/shortcut", user=VERA, callback_id="outreach.start")

    form: Any = world.form(VERA)
    assert "Your role can read this case but not work on it." in str(form["blocks"])


def test_a_message_becomes_a_case_with_its_words_sealed_and_never_posted_again(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    use(world, BRUNO, written(world))
    form: Any = world.form(BRUNO)
    assert "Zyxwina" not in str(form)

    world.submit(BRUNO, due="days", team=form["blocks"][0]["element"]["options"][0]["value"])

    card = world.card("patient_access", "Sort out a request")
    assert "A colleague made a case of a message" in card
    assert note_of(world, 1001) == WORDS
    assert "Zyxwina" not in from_us(world)
    logged = capfd.readouterr()
    assert "Zyxwina" not in logged.out + logged.err


def test_two_people_make_one_case_of_one_message(world: World) -> None:
    message = written(world)
    use(world, BRUNO, message)
    use(world, CHLOE, message)
    world.submit(BRUNO)

    world.submit(CHLOE)

    assert world.errors(CHLOE) == "Case 1001 was made of this message already. Nothing was changed."
    use(world, CHLOE, message)
    assert "Case 1001 was made of this message already. Nothing was changed." in world.whispers_to(CHLOE)


@pytest.mark.phi("full")
def test_a_closing_note_does_not_take_the_message_away(world: World) -> None:
    use(world, BRUNO, written(world, "call her back"))
    world.submit(BRUNO)
    world.click("Claim", world.card("patient_access", "Sort out"), by=BRUNO)
    world.click("Close", world.card("patient_access", "Sort out"), by=BRUNO)

    world.submit(BRUNO, disposition="resolved", note="done by phone")

    assert note_of(world, 1001) == "call her back\n\ndone by phone"


def test_only_staff_and_only_in_a_teams_channel(world: World) -> None:
    with world.begin() as session:
        from storage.tables import Team

        for row in session.scalars(select(Team).where(Team.code == "front_office")):
            row.channel_id = "C0ELSEWHERE"
    use(world, FRANK, written(world, team="front_office", by=FRANK))
    use(world, OLGA, written(world))

    assert "Only a message in a team's own channel becomes a case. Nothing was changed." in world.whispers_to(FRANK)
    assert "You are not on Careloop's staff list" in world.whispers_to(OLGA)[-1]
    assert world.form(OLGA) is None


@pytest.mark.parametrize("who", [VERA])
def test_who_may_only_read_makes_no_case(world: World, who: str) -> None:
    use(world, who, written(world))

    assert world.form(who) is None
    assert "not work on it" in world.whispers_to(who)[-1]


def test_our_own_cards_are_not_made_cases_of(world: World) -> None:
    world.no_show("landline")
    card = world.cards("patient_access")[-1]

    use(world, BRUNO, {"channel": card.channel, "ts": card.ts})

    assert "An app wrote that message." in world.whispers_to(BRUNO)[-1]


def test_a_form_for_another_organisations_message_opens_nothing(world: World) -> None:
    use(world, BRUNO, written(world))
    form: Any = world.form(BRUNO)
    with world.begin() as session:
        from storage.tables import NotedMessage

        session.query(NotedMessage).delete()

    world.submit(BRUNO)

    assert form["private_metadata"].startswith("ntd_")
    assert (
        world.errors(BRUNO) == "This form is out of date. Nothing was changed. Use the shortcut on the message again."
    )
    assert show("ntd", world.org) != form["private_metadata"]


def interaction(world: World, **payload: Any) -> httpx.Response:
    """A shortcut as Slack signs it, but for what is changed."""
    usual = {
        "type": "message_action", "callback_id": "message.case", "team": {"id": world.theatre.config.slack_team},
        "user": {"id": BRUNO}, "trigger_id": "1.2.shortcut", "channel": {"id": world.channel("patient_access")},
        "message": {"type": "message", "ts": "1764000000.000100", "text": "call her back"},
    }  # fmt: skip
    body = urlencode({"payload": json.dumps(usual | payload)}).encode()
    sent = world.slack.deliveries.signed("", body, "application/x-www-form-urlencoded")
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        return client.post(f"{world.theatre.web.url}/slack/events", content=sent.body, headers=sent.headers)


@pytest.mark.parametrize(
    "changed",
    [
        {"message": None},
        {"message": 7},
        {"message": "x"},
        {"message": []},
        {"message": {"ts": "soon", "text": "x"}},
        {"message": {"ts": "1764000000.000100", "text": None}},
        {"message": {"ts": "1764000000.000100", "text": ["x"]}},
        {"message": {"ts": "1764000000.000100", "text": "\ud800\u0000 lone"}},
        {"message": {"ts": "1764000000.000100", "text": "x" * 39_000}},
        {"channel": None},
        {"channel": "C0PATACCESS"},
        {"channel": {"id": "\u0000"}},
        {"channel": {"id": 7}},
        {"user": None},
        {"user": "U0BRUNO0002"},
        {"user": {"id": "\u0000"}},
        {"team": None},
        {"team": "T0LAKESIDE1"},
        {"team": {"id": "T0NOBODY"}},
        {"trigger_id": None},
        {"trigger_id": {"a": 1}},
        {"callback_id": "nobody"},
        {"type": "shortcut", "callback_id": "outreach.start", "channel": None, "message": None},
        {
            "type": "view_submission",
            "view": {"callback_id": "message.case.submit", "private_metadata": "ntd_x", "type": "modal"},
        },
        {
            "type": "view_submission",
            "view": {"callback_id": "recall.csv.submit", "private_metadata": "recall", "state": {"values": []}},
        },
        {"type": "view_submission", "view": {"callback_id": "recall.csv.go", "private_metadata": "coh_" + "0" * 26}},
        {
            "type": "block_actions",
            "actions": [{"type": "button", "action_id": "worklist.share", "value": "tem_" + "0" * 26}],
        },
        {
            "type": "block_actions",
            "actions": [{"type": "button", "action_id": "worklist.claim.all.3", "value": "cas_\u0000"}],
        },
        {"type": "block_actions", "actions": [{"type": "button", "action_id": "worklist.open.0", "value": ""}]},
    ],
)
def test_no_shape_of_a_shortcut_or_form_is_a_server_error(world: World, changed: dict[str, Any]) -> None:
    answer = interaction(world, **changed)

    assert answer.status_code < 500, answer.text
    world.drain()


def test_a_shortcut_that_slack_sends_twice_opens_one_window(world: World) -> None:
    use(world, BRUNO, written(world))
    opened = len(world.slack.calls.of("views.open"))

    again = world.act("slack/redeliver", n=1)["delivered"]

    assert [one["status"] for one in again] == [200]
    assert len(world.slack.calls.of("views.open")) == opened
