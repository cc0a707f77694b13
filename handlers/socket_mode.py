"""Slack's Socket Mode: the same listeners behind a line that we open, for sites that cannot be reached from outside.

The line itself proves who speaks, so there is no signature. What must follow an answer runs right after it is sent.
"""

import logging
from functools import partial

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode.internals import build_headers, send_response
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from core import clock, log
from core.errors import Misconfigured
from core.stopping import Stop
from handlers import slack_app
from handlers.deps import Deps
from handlers.lanes import warm

CONCURRENCY = 10
LOOK_S = 5.0
UNSIGNED = "there is no signature on a line of our own"


def serve(deps: Deps) -> None:
    """Keep a line to Slack until asked to stop; it is opened again whenever it breaks."""
    stop = Stop()
    warm()
    client = connect(deps)
    log.get().info("socket.started")
    try:
        while not stop.within(LOOK_S):
            if not client.is_connected():
                log.get().warning("socket.broken")
    finally:
        client.close()
        stop.over()


def connect(deps: Deps) -> SocketModeClient:
    """An open line whose requests are answered. Misconfigured when Slack does not take the app-level token."""
    quiet = logging.getLogger("careloop.socket")
    quiet.setLevel(logging.CRITICAL)  # the SDK writes whole payloads to its log
    bolt = slack_app.build(deps, signing_secret=UNSIGNED)
    web = WebClient(base_url=deps.settings.slack_api_base_url, logger=quiet)
    token = deps.settings.secret("SLACK_APP_TOKEN")
    client = SocketModeClient(app_token=token, logger=quiet, web_client=web, concurrency=CONCURRENCY)
    client.socket_mode_request_listeners.append(partial(_answer, bolt))
    try:
        client.connect()
    except SlackApiError as error:
        raise Misconfigured(
            f"Slack refuses the app-level token ({error.response.get('error', '')})",
            fix="Make one with the scope connections:write on the app's Basic Information page: SLACK_APP_TOKEN (xapp-…).",
        ) from None
    return client


def _answer(bolt: App, client: BaseSocketModeClient, asked: SocketModeRequest) -> None:
    """Commit, acknowledge, then what follows. What is not acknowledged the person sees as failed, and presses again."""
    began = clock.monotonic()
    request = BoltRequest(
        mode="socket_mode", body=asked.payload, headers=build_headers(asked), context={"received_s": began}
    )
    send_response(client, asked, bolt.dispatch(request), began)
    after = request.context.get("after")
    if after:
        after()
