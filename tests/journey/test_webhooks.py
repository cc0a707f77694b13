"""What comes in from outside: forged, broken, doubled, reversed, lost on the way."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import pytest
from sqlalchemy import text

from handlers import processes
from sandbox.tls import TLS
from tests.world import BRUNO, World

SENTINEL = "zzsentinelzz"
FORM = "application/x-www-form-urlencoded"


def to(world: World, path: str, body: bytes, **headers: str) -> httpx.Response:
    """Post to Careloop's web."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        return client.post(f"{world.theatre.web.url}{path}", content=body, headers=named)


def slack(world: World, body: bytes, kind: str = FORM, **changed: str) -> httpx.Response:
    """Signed as Slack signs it, but for what is changed."""
    sent = world.slack.deliveries.signed("", body, kind)
    with httpx.Client(verify=TLS, trust_env=False, timeout=15) as client:
        headers = {name: value for name, value in (sent.headers | changed).items() if value != "-"}
        return client.post(f"{world.theatre.web.url}/slack/events", content=body, headers=headers)


def interaction(world: World, **payload: Any) -> httpx.Response:
    usual = {
        "type": "block_actions",
        "team": {"id": world.theatre.config.slack_team},
        "user": {"id": BRUNO},
        "trigger_id": "1.2.3",
    }
    return slack(world, urlencode({"payload": json.dumps(usual | payload)}).encode())


def twilio(world: World, path: str, **params: str) -> httpx.Response:
    """Signed as Twilio signs it."""
    all_of_them = {"AccountSid": world.theatre.config.twilio_account} | params
    webhook = world.phones.deliveries.prepare("test", f"{world.theatre.web.url}{path}", all_of_them)
    return to(world, path, webhook.body.encode(), **webhook.headers)


def ehr(world: World, body: bytes, token: str = "world-notify") -> httpx.Response:
    return to(world, "/ehr/notify", body, authorization=f"Bearer {token}", content_type="application/fhir+json")


def rows(world: World) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(world.theatre.database.superuser_url) as connection:
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # type: ignore[index]


FORGED: dict[str, Callable[[World], httpx.Response]] = {
    "slack, wrong signature": lambda w: slack(w, SENTINEL.encode(), **{"X-Slack-Signature": "v0=" + "0" * 64}),
    "slack, no signature": lambda w: slack(w, SENTINEL.encode(), **{"X-Slack-Signature": "-"}),
    "slack, an old timestamp": lambda w: slack(w, SENTINEL.encode(), **{"X-Slack-Request-Timestamp": "1600000000"}),
    "slack, no timestamp": lambda w: slack(w, SENTINEL.encode(), **{"X-Slack-Request-Timestamp": "-"}),
    "slack, a word as timestamp": lambda w: slack(w, SENTINEL.encode(), **{"X-Slack-Request-Timestamp": "soon"}),
    "slack, bytes that are no text": lambda w: slack(w, b"\xff\xfe" + SENTINEL.encode()),
    "twilio, unsigned": lambda w: to(
        w, "/twilio/inbound", urlencode({"AccountSid": w.theatre.config.twilio_account, "Body": SENTINEL}).encode(), content_type=FORM
    ),
    "twilio, another account": lambda w: to(
        w, "/twilio/inbound", urlencode({"AccountSid": "AC1", "Body": SENTINEL}).encode(), content_type=FORM
    ),
    "twilio, signed for another path": lambda w: to(
        w, "/twilio/status/att_x", (h := w.phones.deliveries.prepare(
            "test", f"{w.theatre.web.url}/twilio/inbound", {"AccountSid": w.theatre.config.twilio_account, "Body": SENTINEL}
        )).body.encode(), **h.headers
    ),
    "ehr, wrong token": lambda w: ehr(w, json.dumps({"a": SENTINEL}).encode(), token="other"),
    "ehr, no token": lambda w: to(w, "/ehr/notify", json.dumps({"a": SENTINEL}).encode()),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_request_is_refused_with_nothing_stored_and_no_body_logged(
    world: World, forged: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = rows(world)

    answer = FORGED[forged](world)

    assert answer.status_code in (401, 403)
    assert rows(world) == before
    said = capfd.readouterr()
    assert SENTINEL not in said.out + said.err + answer.text


BROKEN: dict[str, Callable[[World], httpx.Response]] = {
    "slack, digits that are no ascii": lambda w: slack(w, b"", **{"X-Slack-Request-Timestamp": "-5"}),
    "slack, an endless timestamp": lambda w: slack(w, b"", **{"X-Slack-Request-Timestamp": "9" * 400}),
    "slack, no payload": lambda w: slack(w, b""),
    "slack, json that is none": lambda w: slack(w, b"{not json", "application/json"),
    "slack, a list": lambda w: slack(w, b"[1,2]", "application/json"),
    "slack, a payload that is no json": lambda w: slack(w, b"payload=%7Bnope"),
    "slack, a payload that is a number": lambda w: slack(w, b"payload=7"),
    "slack, deep nesting": lambda w: slack(w, b"[" * 20_000, "application/json"),
    "slack, an unknown action": lambda w: interaction(w, actions=[{"action_id": "case.explode", "type": "button", "value": "x"}]),
    "slack, an unknown callback": lambda w: interaction(w, type="view_submission", view={"callback_id": "nobody", "type": "modal"}),
    "slack, a form without values": lambda w: interaction(
        w, type="view_submission", view={"callback_id": "case.close.submit", "type": "modal", "state": None}
    ),
    "slack, a form of another shape": lambda w: interaction(
        w, type="view_submission", view={"callback_id": "case.close.submit", "type": "modal", "state": {"values": {"a": 7}}}
    ),
    "slack, an unknown case": lambda w: interaction(
        w, actions=[{"action_id": "case.claim", "type": "button", "value": "cas_" + "0" * 26}]
    ),
    "slack, an id that is none": lambda w: interaction(
        w, actions=[{"action_id": "case.claim", "type": "button", "value": "../../etc"}]
    ),
    "slack, a menu of another time": lambda w: interaction(
        w, actions=[{"action_id": "case.more", "type": "overflow", "selected_option": {"value": "explode:cas_1"}}]
    ),
    "slack, a workspace nobody has": lambda w: interaction(
        w, team={"id": "T0NOBODY"}, actions=[{"action_id": "case.claim", "type": "button", "value": "x"}]
    ),
    "slack, no user": lambda w: interaction(w, user=None, actions=[{"action_id": "case.claim", "type": "button", "value": "x"}]),
    "slack, an unknown event": lambda w: slack(
        w, b'{"type": "event_callback", "team_id": "T0LAKESIDE1", "event": {"type": "reaction_added"}}', "application/json"
    ),
    "slack, an unknown command": lambda w: slack(w, urlencode({"command": "/nothing", "team_id": "T0LAKESIDE1"}).encode()),
    "twilio, no sid": lambda w: twilio(w, "/twilio/inbound", From="+13125550111", To="+13125550100", Body="hi"),
    "twilio, no number": lambda w: twilio(w, "/twilio/inbound", MessageSid=f"SM{'1' * 32}", From="<b>", To="+13125550100", Body="hi"),
    "twilio, an unknown attempt": lambda w: twilio(
        w, "/twilio/status/att_" + "0" * 26, MessageSid=f"SM{'1' * 32}", MessageStatus="delivered"
    ),
    "twilio, an attempt that is none": lambda w: twilio(
        w, "/twilio/status/nonsense", MessageSid=f"SM{'1' * 32}", MessageStatus="delivered"
    ),
    "twilio, an unknown status": lambda w: twilio(w, "/twilio/status/att_x", MessageSid=f"SM{'2' * 32}", MessageStatus="teleported"),
    "twilio, no status": lambda w: twilio(w, "/twilio/status/att_x", MessageSid=f"SM{'2' * 32}"),
    "ehr, no json": lambda w: ehr(w, b"{nope"),
    "ehr, a list": lambda w: ehr(w, b"[]"),
    "ehr, nothing": lambda w: ehr(w, b""),
    "ehr, deep nesting": lambda w: ehr(w, b"[" * 50_000),
    "ehr, not a bundle": lambda w: ehr(w, b'{"resourceType": "Bundle", "type": "history", "entry": 5}'),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_input_is_never_a_server_error(world: World, broken: str) -> None:
    answer = BROKEN[broken](world)

    assert answer.status_code < 500, answer.text
    world.drain()


@pytest.mark.req("S100")
def test_every_webhook_twice_and_in_reverse_has_one_effect(world: World) -> None:
    story(world)
    before = effects(world)

    for order in ("same", "reverse"):
        world.act("phones/redeliver", order=order)
        world.act("ehr/redeliver", order=order)
        world.act("slack/redeliver", n=100)

    assert effects(world) == before


@pytest.mark.parametrize("order", ["reversed", "double", "late", "none"])
def test_callbacks_out_of_order_doubled_or_late_never_move_a_message_back(world: World, order: str) -> None:
    world.fault("phones", number=world.person("story").number, callbacks=order, late_s=0)

    world.no_show("story")

    (state,) = [e["what"] for e in world.why("story")["entries"] if e["kind"] == "message"]
    assert state == ("out accepted" if order == "none" else "out delivered")
    assert len(world.texts("story")) == 1


def test_a_lost_answer_of_the_provider_is_looked_up_and_never_sent_again(world: World) -> None:
    world.fault("phones", number=world.person("story").number, times=1, reset=True, callbacks="none")

    world.no_show("story")
    for _ in range(4):
        world.hurry()

    assert len(world.texts("story")) == 1
    (message,) = [e for e in world.why("story")["entries"] if e["kind"] == "message"]
    assert message["detail"]["attempts"] == ["accepted:look_up"]


def test_a_connection_cut_before_the_provider_took_the_text_is_asked_to_a_person_not_repeated(world: World) -> None:
    world.fault("phones", number=world.person("story").number, times=1, reset_before=True)

    world.no_show("story")
    for _ in range(5):
        world.hurry()

    assert len(world.texts("story")) <= 1
    assert world.texts("story") or "answer was lost" in world.card("front_office")


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_text_leaves_later_once(world: World, status: int) -> None:
    world.fault("phones", number=world.person("story").number, times=2, status=status)

    world.no_show("story")
    for _ in range(6):
        world.hurry()

    assert len(world.texts("story")) == 1 or "answer was lost" in world.card("front_office")


def test_redis_flushed_between_commit_and_worker_loses_nothing(world: World) -> None:
    with world.unattended():
        world.no_show("story")
        world.theatre.redis.flushdb()
        assert world.theatre.answer_bells() == []
        assert world.texts("story") == []

        processes.tick(world.deps)

    world.drain()
    assert len(world.texts("story")) == 1


def test_redis_away_the_webhook_still_answers_and_the_clock_catches_up(world: World) -> None:
    world.no_show("story")
    with world.unattended():
        world.text("story", "can we do next tues afternoon?")
        world.theatre.redis.flushdb()

    processes.tick(world.deps)
    world.drain()

    assert "Offer new times" in world.card("patient_access")


def test_health_and_readiness_answer(world: World) -> None:
    with httpx.Client(verify=TLS, base_url=world.theatre.web.url, trust_env=False) as client:
        assert client.get("/health").json() == {"ok": True}
        assert client.get("/ready").json() == {"database": True, "redis": True}


def story(world: World) -> None:
    """From the missed visit to the booking."""
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    world.click("Claim", world.card("patient_access"), by=BRUNO)
    world.click("Reschedule", world.card("patient_access"), by=BRUNO)
    world.submit(BRUNO, slot=world.slots(BRUNO)[0]["value"])


def effects(world: World) -> dict[str, Any]:
    """All that anybody outside can see, counted."""
    counted = {
        name: count
        for name, count in rows(world).items()
        if name in ("messages", "cases", "enrollments", "trigger_events", "case_events")
    }
    return counted | {
        "texts": world.texts("story"),
        "cards": len(world.cards("patient_access")),
        "booked": len(world.booked("story")),
        "tasks": [hashlib.sha256(json.dumps(task).encode()).hexdigest() for task in world.found("Task")],
        "state": world.why("story")["outcome"],
    }


def test_a_record_that_the_database_cannot_keep_does_not_hold_up_the_next(world: World) -> None:
    visit = world.ehr.records.current("Appointment", world.person("close").appointment)
    world.ehr.records.put({**visit, "serviceType": [{"text": "a\x00b"}]}, method="PUT")
    with world.unattended():
        world.no_show("close")
        world.no_show("story")

    world.drain()

    assert "sorry" in world.texts("story")[-1]
    with world.begin() as session:
        left = session.execute(
            text("SELECT key, problem FROM outbox WHERE topic = 'ehr.read' AND state <> 'done'")
        ).all()
    assert [tuple(row) for row in left] == [(f"Appointment/{visit['id']}", "database")]
