"""A real Bolt app takes everything the local Slack sends, signatures checked."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from slack_bolt import Ack, App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk import WebClient

from tests.sandbox_slack import NURSE, ROOM, LocalSlack, button, card, local_slack, modal
from tests.serving import serving


class Clinic:
    """A Bolt app with one listener of each kind; `seen` is what they were given."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.arrived = threading.Event()
        self.slack_url = ""

    def bolt(self, api_url: str, *, secret: str = "sandbox-signing") -> App:
        client = WebClient(token="xoxb-sandbox", base_url=f"{api_url}/slack/api/")
        app = App(client=client, signing_secret=secret, process_before_response=True)

        @app.action("case.close")
        def close(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
            client.views_open(trigger_id=body["trigger_id"], view=modal(private_metadata="case_1"))
            ack()

        @app.view("close")
        def closed(ack: Ack, view: dict[str, Any]) -> None:
            self.seen.append(("view", view["state"]["values"]["note"]["text"]["value"]))
            ack(response_action="errors", errors={"note": "too short"})

        @app.command("/careloop")
        def command(ack: Ack, command: dict[str, Any]) -> None:
            ack(text=f"you asked: {command['text']}")

        @app.event("message")
        def message(event: dict[str, Any]) -> None:
            self.seen.append(("message", event["text"]))
            self.arrived.set()

        return app

    def web(self, app: App) -> FastAPI:
        web = FastAPI()

        @web.post("/slack/events")
        async def events(request: Request) -> Response:
            body = await request.body()
            answer = await run_in_threadpool(app.dispatch, to_bolt_request(request, body))
            return to_starlette_response(answer)

        return web


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def slack(clinic: Clinic) -> Iterator[LocalSlack]:
    with local_slack() as running, serving(clinic.web(clinic.bolt(running.url))) as app_url:
        for name in ("events_url", "interactivity_url", "commands_url"):
            object.__setattr__(running.ws.config, name, f"{app_url}/slack/events")
        yield running


def _click(slack: LocalSlack) -> dict[str, Any]:
    ts = slack.client().chat_postMessage(channel=ROOM, text="card", blocks=card(button("case.close")))["ts"]
    answer: dict[str, Any] = slack.act("click", user=NURSE, channel=ROOM, ts=ts, action_id="case.close").json()
    return answer


def test_bolt_opens_a_modal_on_a_click_and_answers_its_submission(slack: LocalSlack, clinic: Clinic) -> None:
    clicked = _click(slack)
    view_id = slack.ws.state()["views"][NURSE][0]["id"]

    submitted = slack.act("submit", user=NURSE, view_id=view_id, values={"note": {"text": "hm"}}).json()

    assert (clicked["status"], submitted["status"]) == (200, 200)
    assert ("view", "hm") in clinic.seen
    assert slack.ws.state()["views"][NURSE][0]["errors"] == {"note": "too short"}


def test_bolt_answers_a_command(slack: LocalSlack) -> None:
    slack.act("command", user=NURSE, channel=ROOM, command="/careloop", text="help")

    assert slack.ws.rooms.all[ROOM].messages[-1].text == "you asked: help"


def test_bolt_hears_people_and_ignores_its_own_posts(slack: LocalSlack, clinic: Clinic) -> None:
    slack.client().chat_postMessage(channel=ROOM, text="from the app itself")
    slack.act("message", user=NURSE, channel=ROOM, text="from a person")

    assert clinic.arrived.wait(10)
    assert clinic.seen == [("message", "from a person")]


def test_bolt_proves_its_events_address(slack: LocalSlack) -> None:
    assert slack.act("verify_url").json() == {"ok": True}


def test_bolt_with_another_secret_refuses(clinic: Clinic) -> None:
    with local_slack() as slack, serving(clinic.web(clinic.bolt(slack.url, secret="other"))) as app_url:
        object.__setattr__(slack.ws.config, "interactivity_url", f"{app_url}/slack/events")

        assert _click(slack)["status"] == 401
