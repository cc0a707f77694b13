"""The local carrier is as strict as the vendor: its codes, signatures, statuses, opt-outs and faults."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no py.typed

from sandbox.phones import Carrier, CarrierConfig
from sandbox.phones.messages import segments
from sandbox.phones.optouts import opt_out_type
from tests.loopback import Asked, Says, vendor
from tests.sandbox_vendors import Ear, served
from tests.serving import bound

SID, TOKEN, MG = "AC" + "0" * 32, "sandbox-token", "MG" + "1" * 32
CLINIC, DANA, EDITH = "+13125550100", "+13125550111", "+17735550118"
MESSAGES = f"/twilio/2010-04-01/Accounts/{SID}/Messages"
NOON = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
MACHINE = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC).timestamp()


@dataclass
class Line:
    """A carrier with an HTTP client in front and an ear behind it."""

    carrier: Carrier
    http: httpx.Client
    ear: Ear
    machine: list[float] = field(default_factory=lambda: [MACHINE])

    def send(self, **changed: Any) -> httpx.Response:
        form = {
            "To": DANA,
            "MessagingServiceSid": MG,
            "Body": "Reply 1 or 2.",
            "StatusCallback": f"{self.ear.vendor.url}/tw/status/a1",
            **changed,
        }
        kept = {name: value for name, value in form.items() if value is not None}
        return self.http.post(f"{MESSAGES}.json", data=kept, auth=(SID, TOKEN))

    def act(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/act/phones/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def provider_list(self, to: str = DANA) -> list[dict[str, Any]]:
        return list(self.http.get("/act/phones/messages", params={"to": to}).json()["messages"])

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.ear.forms if "MessageStatus" in form]


@pytest.fixture
def line() -> Iterator[Line]:
    machine = [MACHINE]
    with vendor() as played:
        ear = Ear(played)
        config = CarrierConfig(SID, TOKEN, MG, CLINIC, f"{played.url}/tw/inbound", callback_delay_s=0.005)
        carrier = Carrier(config, now=lambda: NOON, changed=lambda: None, machine=lambda: machine[0])
        with served(carrier.router(), carrier.aclose, bound()) as http:
            yield Line(carrier, http, ear, machine)


def signed_by_twilio(asked: Asked, base: str) -> bool:
    params = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
    return bool(RequestValidator(TOKEN).validate(base + asked.path, params, asked.headers["X-Twilio-Signature"]))


def test_an_accepted_text_answers_as_the_vendor_does_in_machine_time(line: Line) -> None:
    answer = line.send()

    body = answer.json()
    assert answer.status_code == 201
    assert (body["status"], body["from"], body["num_segments"]) == ("accepted", None, "0")
    assert body["sid"].startswith("SM")
    assert len(body["sid"]) == 34
    assert parsedate_to_datetime(body["date_created"]).timestamp() == MACHINE
    assert body["uri"] == f"/2010-04-01/Accounts/{SID}/Messages/{body['sid']}.json"


def test_a_text_from_a_plain_number_starts_queued(line: Line) -> None:
    body = line.send(MessagingServiceSid=None, From=CLINIC).json()

    assert (body["status"], body["from"]) == ("queued", CLINIC)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": "abc"}, 21211),
        ({"To": "3125550111"}, 21211),
        ({"To": "+1312555"}, 21211),
        ({"To": None}, 21604),
        ({"Body": None}, 21602),
        ({"Body": "  "}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"MessagingServiceSid": None}, 21603),
        ({"MessagingServiceSid": None, "From": "+13125550199"}, 21606),
        ({"MessagingServiceSid": "MG" + "2" * 32}, 21701),
        ({"To": CLINIC, "From": CLINIC}, 21266),
        ({"StatusCallback": "not a url"}, 21609),
        ({"ValidityPeriod": "0"}, 20422),
        ({"ValidityPeriod": "36001"}, 20422),
        ({"SmartEncoded": "maybe"}, 20422),
        ({"Bogus": "1"}, 20001),
    ],
)
def test_a_bad_create_is_refused_with_the_vendors_code(line: Line, changed: dict[str, Any], code: int) -> None:
    answer = line.send(**changed)

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["more_info"].endswith(f"/{code}")
    assert line.provider_list() == []


def test_a_wrong_token_is_401_with_20003(line: Line) -> None:
    answer = line.http.get(f"{MESSAGES}.json", auth=(SID, "wrong"))
    without = line.http.get(f"{MESSAGES}.json")

    assert [(a.status_code, a.json()["code"]) for a in (answer, without)] == [(401, 20003)] * 2


def test_callbacks_are_signed_as_the_official_validator_expects(line: Line) -> None:
    sid = line.send().json()["sid"]

    heard = line.ear.wait_for(2)

    assert all(signed_by_twilio(asked, line.ear.vendor.url) for asked in heard)
    assert line.statuses() == ["sent", "delivered"]
    assert {form["MessageSid"] for form in line.ear.forms} == {sid}
    fetched = line.http.get(f"{MESSAGES}/{sid}.json", auth=(SID, TOKEN)).json()
    assert (fetched["status"], fetched["from"], fetched["num_segments"]) == ("delivered", CLINIC, "1")


def test_a_patients_text_reaches_the_clinic_signed(line: Line) -> None:
    told = line.act("text", from_number=DANA, body="can we do next tues afternoon?")

    (asked,), (form,) = line.ear.heard, line.ear.forms
    assert told["status"] == 200
    assert signed_by_twilio(asked, line.ear.vendor.url)
    assert (form["From"], form["To"], form["Body"]) == (DANA, CLINIC, "can we do next tues afternoon?")
    assert (form["NumMedia"], "OptOutType" in form) == ("0", False)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (" stop ", "STOP"),
        ("Cancel", "STOP"),
        ("OPTOUT", "STOP"),
        ("opt out", ""),
        ("STOP please", ""),
        ("unstop", "START"),
        ("help", "HELP"),
        ("si", ""),
    ],
)
def test_only_a_single_bare_word_counts_for_the_carrier(body: str, kind: str) -> None:
    assert opt_out_type(body) == kind


def test_stop_is_answered_once_by_the_carrier_and_blocks_until_start(line: Line) -> None:
    line.act("text", from_number=DANA, body="STOP")
    line.act("text", from_number=DANA, body="stop")
    refused = line.send()
    line.act("text", from_number=DANA, body="START")
    taken = line.send()

    assert refused.json()["code"] == 21610
    assert taken.status_code == 201
    assert [form["OptOutType"] for form in line.ear.forms[:3]] == ["STOP", "STOP", "START"]
    replies = [m for m in line.provider_list() if m["direction"] == "outbound-reply"]
    assert len(replies) == 2
    assert "unsubscribed" in replies[1]["body"]


def test_a_twiml_message_in_the_webhooks_answer_is_really_sent(line: Line) -> None:
    line.ear.answers.append(Says(raw=b"<Response><Message>Thank you</Message></Response>"))

    line.act("text", from_number=DANA, body="1")

    assert [m["body"] for m in line.provider_list()] == ["Thank you"]


def test_listing_filters_by_number_and_day_and_pages(line: Line) -> None:
    line.act("fault", number=DANA, callbacks="none")
    for _ in range(3):
        line.send(StatusCallback=None)
    line.act("text", from_number=EDITH, body="hello")

    first = line.http.get(f"{MESSAGES}.json", params={"To": DANA, "PageSize": 2}, auth=(SID, TOKEN)).json()
    second = line.http.get(f"/twilio{first['next_page_uri']}", auth=(SID, TOKEN)).json()
    inbound = line.http.get(f"{MESSAGES}.json?To=%2B13125550100&DateSent%3E=2026-11-22", auth=(SID, TOKEN)).json()
    later = line.http.get(f"{MESSAGES}.json?DateSent%3E=2026-11-23", auth=(SID, TOKEN)).json()

    assert (len(first["messages"]), len(second["messages"]), second["next_page_uri"]) == (2, 1, None)
    assert [m["direction"] for m in inbound["messages"]] == ["inbound"]
    assert later["messages"] == []


def test_a_throttled_create_was_never_taken(line: Line) -> None:
    line.act("fault", status=429, retry_after=7, times=2)

    answers = [line.send(), line.send(), line.send()]

    assert [a.status_code for a in answers] == [429, 429, 201]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json()["code"] == 20429
    assert len(line.provider_list()) == 1


@pytest.mark.parametrize(("order", "created"), [({"reset": True}, 1), ({"reset_before": True}, 0)])
def test_a_dropped_connection_leaves_the_truth_in_the_provider_list(
    line: Line, order: dict[str, bool], created: int
) -> None:
    line.act("fault", number=DANA, times=1, **order)

    with pytest.raises(httpx.TransportError):
        line.send()

    assert len(line.provider_list()) == created


def test_an_answer_can_come_too_late_for_a_text_that_was_taken(line: Line) -> None:
    line.act("fault", timeout_s=30)

    with pytest.raises(httpx.ReadTimeout):
        line.http.post(
            f"{MESSAGES}.json",
            data={"To": DANA, "From": CLINIC, "Body": "x"},
            auth=(SID, TOKEN),
            timeout=0.3,
        )

    assert len(line.provider_list()) == 1


def test_a_fault_with_a_code_refuses_at_create_or_fails_in_the_callback(line: Line) -> None:
    line.act("fault", number=DANA, error_code=21614, times=1)
    line.act("fault", number=DANA, error_code=30007, on="callback", times=1)

    refused, taken = line.send(), line.send()

    line.ear.wait_for(2)
    assert (refused.status_code, refused.json()["code"], taken.status_code) == (400, 21614, 201)
    assert line.statuses() == ["sent", "undelivered"]
    assert line.ear.forms[1]["ErrorCode"] == "30007"


def test_a_landline_takes_no_text(line: Line) -> None:
    line.act("phone", number=EDITH, name="Edith Brandvold", kind="landline")

    line.send(To=EDITH)

    line.ear.wait_for(2)
    assert line.ear.forms[1]["ErrorCode"] == "30006"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"callbacks": "double"}, ["sent", "sent", "delivered", "delivered"]),
        ({"callbacks": "reversed"}, ["delivered", "sent"]),
        ({"callbacks": "late", "late_s": 0.01}, ["sent", "delivered"]),
    ],
)
def test_callbacks_come_doubled_reversed_or_late_when_asked(
    line: Line, how: dict[str, Any], expected: list[str]
) -> None:
    line.act("fault", times=1, **how)

    line.send()

    line.ear.wait_for(len(expected))
    assert line.statuses() == expected


def test_held_callbacks_leave_when_released_and_an_expired_text_fails_with_30036(line: Line) -> None:
    line.act("fault", hold_callbacks=True)
    line.send(ValidityPeriod=60)
    line.send(ValidityPeriod=36000)
    while line.carrier.transit.held < 2:  # both texts reach the gate within the callback delay
        line.provider_list()
    line.machine[0] += 120

    assert line.act("release_callbacks") == {"released": 2}

    line.ear.wait_for(3)
    assert sorted(line.statuses()) == ["delivered", "failed", "sent"]
    assert [form["ErrorCode"] for form in line.ear.forms if "ErrorCode" in form] == ["30036"]


def test_redelivery_is_byte_for_byte_and_can_be_reversed(line: Line) -> None:
    line.act("text", from_number=DANA, body="one")
    line.act("text", from_number=DANA, body="two")

    told = line.act("redeliver", order="reverse")

    first, second, again, once_more = line.ear.heard
    assert [one["status"] for one in told["delivered"]] == [200, 200]
    assert (again.body, once_more.body) == (second.body, first.body)
    for name in ("X-Twilio-Signature", "I-Twilio-Idempotency-Token"):
        assert again.headers[name] == second.headers[name]


def test_an_unknown_word_in_a_control_is_refused(line: Line) -> None:
    assert line.http.post("/act/phones/fault", json={"eror_code": 1}).status_code == 422


def test_the_page_shows_named_phones_first_with_their_newest_messages(line: Line) -> None:
    line.act("text", from_number=EDITH, body="hi")
    line.act("phone", number=DANA, name="Dana Whitfield")
    line.send(StatusCallback=None)

    phones = line.carrier.state()["phones"]

    assert [phone["name"] for phone in phones] == ["Dana Whitfield", EDITH]
    assert phones[0]["messages"][0]["direction"] == "out"
    assert phones[1]["messages"][0]["at"] == NOON.isoformat()


def test_a_dump_brings_back_messages_and_opt_outs(line: Line) -> None:
    line.act("phone", number=DANA, name="Dana Whitfield")
    line.act("text", from_number=DANA, body="STOP")
    kept = json.loads(json.dumps(line.carrier.dump()))
    before = line.carrier.state()

    line.carrier.load(kept)

    assert line.carrier.state() == before
    assert line.send().json()["code"] == 21610


@pytest.mark.parametrize(
    ("body", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("á" * 70, 1), ("á" * 71, 2), ("€" * 80, 1), ("€" * 81, 2), ("ñ" * 160, 1)],
)
def test_segments_are_counted_by_alphabet(body: str, count: int) -> None:
    assert segments(body) == count
