"""What Slack's requests may look like and what each gets: the clock's window, retries, replays, handshakes; and no body in any log."""

import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import func, select

from core import ids
from sandbox.tls import TLS
from storage.tables import Case, CaseEvent, Message
from tests.world import BRUNO, World

pytestmark = pytest.mark.phi("any")

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
SENTINEL = "zzsentinelzz"


def post(world: World, body: bytes, kind: str = FORM, *, age_s: int = 0, **headers: str) -> httpx.Response:
    """Signed as Slack signs it, `age_s` seconds ago; `stamp` replaces the timestamp in the header and under the signature."""
    stamp = headers.pop("stamp", str(int(time.time()) - age_s))
    secret = world.theatre.config.slack_signing_secret
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    usual = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        return client.post(f"{world.theatre.web.url}/slack/events", content=body, headers=usual | named)


def click(world: World, *, trigger: str = "1.2.3") -> bytes:
    """Claim on the one open case."""
    with world.begin() as session:
        case = session.scalars(select(Case).where(Case.state == "open")).one()
        name = ids.show("cas", case.id)
    payload = {
        "type": "block_actions",
        "team": {"id": world.theatre.config.slack_team},
        "user": {"id": BRUNO},
        "trigger_id": trigger,
        "actions": [{"action_id": "case.claim", "type": "button", "value": name}],
        "message": {"text": SENTINEL},
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def event(world: World, **inner: Any) -> bytes:
    body = {"type": "event_callback", "team_id": world.theatre.config.slack_team, "event_id": "Ev1", "event": inner}
    return json.dumps(body).encode()


def happened(world: World, what: str) -> int:
    with world.begin() as session:
        return session.scalar(select(func.count()).where(CaseEvent.what == what)) or 0


def asked(world: World) -> None:
    world.no_show("story")
    world.text("story", "can I come next tue afternoon?")


@pytest.mark.parametrize(
    ("age_s", "status"), [(0, 200), (295, 200), (302, 401), (-295, 200), (-305, 401), (10**6, 401)]
)
def test_a_request_counts_within_five_minutes_of_its_time(world: World, age_s: int, status: int) -> None:
    assert post(world, event(world, type="reaction_added"), JSON, age_s=age_s).status_code == status


@pytest.mark.parametrize("stamp", ["abc", "", "1e9", "-", "0x10", "9" * 40, "12 34"])
def test_a_timestamp_that_is_none_is_refused_and_is_no_fault_of_ours(world: World, stamp: str) -> None:
    assert post(world, event(world, type="reaction_added"), JSON, stamp=stamp).status_code == 401


def test_the_same_signed_click_twice_acts_once(world: World) -> None:
    asked(world)
    body = click(world)

    answers = [post(world, body).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert happened(world, "claimed") == 1


@pytest.mark.phi("full")
def test_an_event_that_slack_sends_again_acts_once_with_and_without_its_retry_headers(world: World) -> None:
    asked(world)
    post(world, click(world))
    world.drain()
    (card,) = [c for c in world.cards("patient_access") if f"<@{BRUNO}>" in c]
    said = event(
        world,
        type="message",
        user=BRUNO,
        text="reply: tuesday works",
        channel=card.channel,
        thread_ts=card.ts,
        ts="9.9",
    )

    first = post(world, said, JSON)
    again = post(world, said, JSON, X_Slack_Retry_Num="1", X_Slack_Retry_Reason="http_timeout")
    third = post(world, said, JSON)

    assert {first.status_code, again.status_code, third.status_code} == {200}
    with world.begin() as session:
        assert session.scalar(select(func.count()).where(Message.purpose == "staff")) == 1


def test_slacks_handshakes_are_answered(world: World) -> None:
    challenge = post(world, json.dumps({"type": "url_verification", "challenge": "c0ffee"}).encode(), JSON)
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        check = client.post(f"{world.theatre.web.url}/slack/events", data={"ssl_check": "1", "token": "x"})
        unsigned = client.post(
            f"{world.theatre.web.url}/slack/events", json={"type": "url_verification", "challenge": "c0ffee"}
        )

    assert (challenge.status_code, "c0ffee" in challenge.text) == (200, True)
    assert check.status_code == 200
    assert unsigned.status_code == 401


def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    assert post(world, b"x" * 1_100_000).status_code == 413


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""],
    ids=["text", "xml", "parts", "none"],
)
def test_a_signed_body_of_another_kind_is_answered_without_a_fault(world: World, kind: str) -> None:
    assert post(world, f"<a>{SENTINEL}</a>".encode(), kind).status_code in (200, 400, 401)


def test_no_body_is_in_any_log_even_when_everything_logs_everything(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    asked(world)
    loud = [logging.getLogger(name) for name in ("", "slack_bolt", "slack_sdk", "httpx", "uvicorn", "asyncio")]
    before = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    try:
        post(world, click(world))
        post(world, click_of_nobody(world))
        post(world, SENTINEL.encode(), X_Slack_Signature="v0=" + "0" * 64)
        post(world, event(world, type="message", user=BRUNO, text=SENTINEL, channel="C1", ts="1.1"), JSON)
        post(world, event(world, type="nobody_knows", text=SENTINEL), JSON)
        world.drain()
    finally:
        for logger, level in zip(loud, before, strict=True):
            logger.setLevel(level)

    said = capfd.readouterr()
    assert SENTINEL not in caplog.text + said.out + said.err
    assert "can I come next" not in caplog.text + said.out + said.err


def click_of_nobody(world: World) -> bytes:
    payload = {
        "type": "block_actions",
        "team": {"id": world.theatre.config.slack_team},
        "user": {"id": "U0NOBODY"},
        "trigger_id": "7.7.7",
        "actions": [{"action_id": "case.close", "type": "button", "value": SENTINEL}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()
