"""People acting in the local Slack, and what reaches the app for it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from slack_sdk.signature import SignatureVerifier

from tests.sandbox_slack import (
    CLERK,
    LOUNGE,
    NURSE,
    OUTSIDER,
    ROOM,
    SCOPES,
    Heard,
    Listener,
    LocalSlack,
    button,
    card,
    local_slack,
    modal,
    note_input,
)
from tests.serving import serving

QUIET = SCOPES - {"channels:history", "groups:history"}
MENU = {
    "type": "overflow",
    "action_id": "more",
    "options": [{"text": {"type": "plain_text", "text": "Open"}, "value": "open"}],
}


@pytest.fixture
def app() -> Listener:
    return Listener()


@pytest.fixture
def app_url(app: Listener) -> Iterator[str]:
    with serving(app.app()) as url:
        yield url


@pytest.fixture
def slack(app_url: str) -> Iterator[LocalSlack]:
    with local_slack(app_url, scopes=QUIET) as running:
        yield running


def says(body: Any = None, *, status: int = 200, **headers: str) -> Callable[[Request], Response]:
    return lambda _: Response(status_code=status, headers=headers) if body is None else JSONResponse(body, status)


def payload(heard: Heard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parse_qs(heard.body.decode())["payload"][0])
    return found


def _posted(slack: LocalSlack, *elements: dict[str, Any]) -> str:
    return str(slack.client().chat_postMessage(channel=ROOM, text="card", blocks=card(*elements))["ts"])


def _opened(slack: LocalSlack, view: dict[str, Any]) -> str:
    return str(slack.client().views_open(trigger_id=slack.trigger(), view=view)["view"]["id"])


def _verified(heard: Heard) -> bool:
    return SignatureVerifier("sandbox-signing").is_valid_request(heard.body, heard.headers)


def test_a_click_arrives_signed_and_in_slacks_shape(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)

    answer = slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim").json()

    body = payload(app.heard[0])
    assert (answer["status"], answer["trigger_id"]) == (200, body["trigger_id"])
    assert _verified(app.heard[0])
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": ROOM, "is_ephemeral": False}
    assert body["channel"] == {"id": ROOM, "name": "privategroup"}
    assert (body["user"]["id"], body["api_app_id"], body["message"]["ts"]) == (NURSE, "A0CARE", ts)
    action = body["actions"][0]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "case.claim", "act")
    assert action["value"] == "case_1"


def test_a_menu_choice_carries_the_option(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack, button(), MENU)

    slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="more", selected_option="open")
    unknown = slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="more", selected_option="fly")

    assert payload(app.heard[0])["actions"][0]["selected_option"] == MENU["options"][0]
    assert (unknown.status_code, len(app.heard)) == (422, 1)


def test_nobody_can_press_what_is_not_there(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)
    slack.client().chat_update(channel=ROOM, ts=ts, text="closed", blocks=[{"type": "divider"}])
    press = {"user": NURSE, "channel": ROOM, "ts": ts, "action_id": "case.claim"}

    gone = slack.act("click", **press)
    outsider = slack.act("click", **{**press, "user": OUTSIDER})
    raced = slack.act("click", **press, stale_blocks=True, value="case_1")

    assert (gone.status_code, outsider.status_code, raced.json()["status"]) == (404, 403, 200)
    assert payload(app.heard[0])["actions"][0]["value"] == "case_1"


def test_an_app_that_fails_is_not_asked_again_and_the_person_is_told(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)
    app.answers = [says(status=500)]

    answer = slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim").json()

    assert (answer["status"], len(app.heard)) == (500, 1)
    assert "operation timed out" in slack.ws.state()["notices"][0]["text"]


def test_an_answer_later_than_slack_waits_counts_as_none(app: Listener, app_url: str) -> None:
    app.answers = [says({"text": "late"})]
    with local_slack(app_url, scopes=QUIET, ack_s=0.0) as slack:
        answer = slack.act("command", user=NURSE, channel=ROOM, command="/careloop").json()

        assert (answer["status"], answer["reason"]) == (200, "http_timeout")
        assert "operation_timeout" in slack.ws.state()["notices"][0]["text"]
        assert slack.ws.rooms.all[ROOM].messages == []


def test_an_app_that_is_down_is_status_zero() -> None:
    with local_slack(scopes=QUIET) as slack:
        answer = slack.act("command", user=NURSE, channel=ROOM, command="/careloop").json()

        assert (answer["status"], answer["reason"]) == (0, "connection_failed")


def test_replays_are_the_same_bytes(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)
    slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim")

    slack.act("redeliver", n=1)

    first, second = app.heard
    signed = "x-slack-signature"
    assert (first.body, first.headers[signed]) == (second.body, second.headers[signed])


def test_a_submission_carries_the_values_in_slacks_shapes(slack: LocalSlack, app: Listener) -> None:
    option = {"text": {"type": "plain_text", "text": "9:00"}, "value": "slot_1"}
    picker = {"type": "static_select", "action_id": "slot", "options": [option]}
    view_id = _opened(slack, modal(note_input(), note_input(block_id="time", element=picker), private_metadata="c1"))

    slack.act("submit", user=NURSE, view_id=view_id, values={"note": {"text": "ok"}, "time": {"slot": "slot_1"}})

    body = payload(app.heard[0])
    assert (body["type"], body["view"]["private_metadata"], body["view"]["id"]) == ("view_submission", "c1", view_id)
    assert body["view"]["state"]["values"] == {
        "note": {"text": {"type": "plain_text_input", "value": "ok"}},
        "time": {"slot": {"type": "static_select", "selected_option": option}},
    }
    assert slack.ws.state()["views"] == {}, "an empty answer closes the modal"


def test_a_required_input_left_empty_never_leaves_the_client(slack: LocalSlack, app: Listener) -> None:
    view_id = _opened(slack, modal())

    refused = slack.act("submit", user=NURSE, view_id=view_id)

    assert (refused.status_code, refused.json()["detail"], app.heard) == (422, "please complete: note", [])


def test_errors_update_push_and_clear_are_followed(slack: LocalSlack, app: Listener) -> None:
    view_id = _opened(slack, modal())
    filled = {"user": NURSE, "view_id": view_id, "values": {"note": {"text": "x"}}}
    second = modal(callback_id="second")
    app.answers = [
        says({"response_action": "errors", "errors": {"note": "too short"}}),
        says({"response_action": "update", "view": second}),
        says({"response_action": "push", "view": modal(callback_id="third")}),
        says({"response_action": "clear"}),
    ]

    slack.act("submit", **filled)
    errors = slack.ws.state()["views"][NURSE][0]["errors"]
    slack.act("submit", **filled)
    updated = slack.ws.state()["views"][NURSE][0]
    slack.act("submit", **filled)
    stacked = slack.ws.state()["views"][NURSE]
    slack.act("submit", **{**filled, "view_id": stacked[1]["id"]})

    assert errors == {"note": "too short"}
    assert (updated["id"], updated["view"]["callback_id"], updated["errors"]) == (view_id, "second", {})
    assert [each["view"]["callback_id"] for each in stacked] == ["second", "third"]
    assert slack.ws.state()["views"] == {}


def test_an_answer_slack_cannot_use_leaves_the_modal_and_tells_the_person(slack: LocalSlack, app: Listener) -> None:
    view_id = _opened(slack, modal())
    app.answers = [says({"response_action": "errors", "errors": {"nowhere": "x"}})]

    slack.act("submit", user=NURSE, view_id=view_id, values={"note": {"text": "x"}})

    assert len(slack.ws.state()["views"][NURSE]) == 1
    assert "trouble connecting" in slack.ws.state()["notices"][0]["text"]


def test_a_button_in_a_modal_and_a_dispatching_input_reach_the_app(slack: LocalSlack, app: Listener) -> None:
    blocks = [*card(button("more.times")), note_input(), note_input(block_id="live", dispatch_action=True)]
    view_id = _opened(slack, modal(*blocks))
    act = {"user": NURSE, "view_id": view_id}

    slack.act("view_action", **act, block_id="note", action_id="text", value="typed")
    slack.act("view_action", **act, action_id="more.times", block_id="act")
    slack.act("view_action", **act, block_id="live", action_id="text", value="now")

    pressed, typed = (payload(heard) for heard in app.heard)
    assert pressed["container"] == {"type": "view", "view_id": view_id}
    assert pressed["view"]["state"]["values"]["note"]["text"]["value"] == "typed"
    assert typed["actions"][0]["value"] == "now"
    assert "response_url" not in pressed


def test_what_was_entered_survives_an_update_with_the_same_ids(slack: LocalSlack) -> None:
    view_id = _opened(slack, modal(note_input(), note_input(block_id="other")))
    slack.act("view_action", user=NURSE, view_id=view_id, block_id="note", action_id="text", value="kept")

    changed = slack.client().views_update(view_id=view_id, view=modal(note_input(), note_input(block_id="new")))

    values = changed["view"]["state"]["values"]
    assert (values["note"]["text"]["value"], values["new"]["text"]["value"]) == ("kept", None)


def test_closing_is_told_only_to_an_app_that_asked(slack: LocalSlack, app: Listener) -> None:
    quiet, told = _opened(slack, modal()), None
    slack.act("close_view", user=NURSE, view_id=quiet)
    told = _opened(slack, modal(notify_on_close=True))

    slack.act("close_view", user=NURSE, view_id=told)

    assert [(payload(heard)["type"], payload(heard)["view"]["id"]) for heard in app.heard] == [("view_closed", told)]
    assert slack.ws.state()["views"] == {}


def test_a_command_is_a_signed_form_and_its_answer_a_whisper(slack: LocalSlack, app: Listener) -> None:
    app.answers = [says({"response_type": "ephemeral", "text": "2 open cases"})]

    slack.act("command", user=NURSE, channel=ROOM, command="/careloop", text="open cases")

    form = {name: values[0] for name, values in parse_qs(app.heard[0].body.decode()).items()}
    assert _verified(app.heard[0])
    assert (form["command"], form["text"], form["user_id"]) == ("/careloop", "open cases", NURSE)
    assert form["response_url"].startswith(f"{slack.url}/slack/response/")
    message = slack.ws.rooms.all[ROOM].messages[-1]
    assert (message.text, message.ephemeral_to) == ("2 open cases", NURSE)


def test_a_response_url_serves_five_times_within_thirty_minutes(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)
    slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim")
    slack.act("click", user=CLERK, channel=ROOM, ts=ts, action_id="case.claim")
    url, other = (payload(heard)["response_url"] for heard in app.heard)

    refused = slack.http.post(url, json={"text": "x", "blocks": [{"type": "section"}]})
    uses = [slack.http.post(url, json={"text": f"answer {n}"}).status_code for n in range(6)]
    used = slack.http.post(url, json={"text": "x"}).json()
    slack.clock.ahead = 1801.0
    expired = slack.http.post(other, json={"text": "x"})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_blocks")
    assert (uses, used["error"]) == ([200] * 5 + [404], "used_url")
    assert (expired.status_code, expired.json()["error"]) == (404, "expired_url")


def test_a_response_url_replaces_or_deletes_the_message_it_came_from(slack: LocalSlack, app: Listener) -> None:
    ts = _posted(slack)
    slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim")
    url = payload(app.heard[0])["response_url"]
    message = slack.ws.rooms.all[ROOM].messages[0]

    slack.http.post(url, json={"replace_original": True, "text": "Claimed"})
    replaced = (message.text, message.blocks)
    slack.http.post(url, json={"response_type": "in_channel", "text": "for all"})
    slack.http.post(url, json={"delete_original": True})

    assert replaced == ("Claimed", [])
    assert message.deleted
    assert slack.ws.rooms.all[ROOM].messages[1].ephemeral_to is None


def test_a_whispered_button_travels_without_its_message(slack: LocalSlack, app: Listener) -> None:
    ts = slack.client().chat_postEphemeral(channel=ROOM, user=NURSE, text="x", blocks=card())["message_ts"]

    other = slack.act("click", user=CLERK, channel=ROOM, ts=ts, action_id="case.claim")
    slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.claim")

    body = payload(app.heard[0])
    assert other.status_code == 404
    assert (body["container"]["is_ephemeral"], "message" in body) == (True, False)


def test_a_message_event_is_retried_with_the_retry_headers_until_heard(app: Listener, app_url: str) -> None:
    app.answers = [says(status=404), says(status=500)]
    with local_slack(app_url) as slack:
        slack.act("message", user=NURSE, channel=ROOM, text="is 5 < 6 & so on <@U0CLERK>?")
        first, second, third = app.wait_for(3)

    event = json.loads(first.body)
    assert (event["type"], event["event"]["type"], event["event"]["user"]) == ("event_callback", "message", NURSE)
    assert (event["event"]["channel"], event["event"]["channel_type"]) == (ROOM, "group")
    assert event["event"]["text"] == "is 5 &lt; 6 &amp; so on <@U0CLERK>?"
    assert json.loads(third.body)["event_id"] == event["event_id"]
    assert "x-slack-retry-num" not in first.headers
    assert (second.headers["x-slack-retry-num"], second.headers["x-slack-retry-reason"]) == ("1", "http_error")
    assert third.headers["x-slack-retry-num"] == "2"
    assert _verified(third)


def test_an_app_can_decline_retries(app: Listener, app_url: str) -> None:
    app.answers = [says(status=500, **{"X-Slack-No-Retry": "1"})]
    with local_slack(app_url) as slack:
        slack.act("message", user=NURSE, channel=ROOM, text="first")
        app.wait_for(1)
        slack.act("open_home", user=NURSE)
        heard = app.wait_for(2)

    kinds = [json.loads(each.body)["event"]["type"] for each in heard]
    assert kinds == ["message", "app_home_opened"]


def test_no_event_comes_from_where_the_app_may_not_listen(app: Listener, app_url: str) -> None:
    with local_slack(app_url) as slack:
        slack.act("message", user=NURSE, channel=LOUNGE, text="gossip")
        slack.act("open_home", user=NURSE)
        heard = app.wait_for(1)

    assert [json.loads(each.body)["event"]["type"] for each in heard] == ["app_home_opened"]


def test_the_events_address_is_verified_by_its_challenge(slack: LocalSlack, app: Listener) -> None:
    silent = slack.act("verify_url").json()

    assert silent == {"ok": False}
    assert json.loads(app.heard[0].body)["type"] == "url_verification"


def test_acting_as_staff_is_for_this_machine_only(slack: LocalSlack) -> None:
    async def ask() -> int:
        app = FastAPI()
        app.include_router(slack.ws.router())
        transport = httpx.ASGITransport(app=app, client=("10.0.0.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x.example") as far:
            return (await far.post("/act/slack/open_home", json={"user": NURSE})).status_code

    assert asyncio.run(ask()) == 403
