"""Twilio as channels.md describes it, played by a scripted server: what we post, and what we make of each answer."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from core.errors import Misconfigured, Permanent, Temporary
from integrations.channels.sms import (
    CHANNEL,
    OutgoingText,
    SendResult,
    SendState,
    TwilioAccount,
    TwilioSms,
)
from tests.loopback import Asked, Says, Vendor, closed_port, vendor

AC = "AC" + "a" * 32
SM = "SM" + "1" * 32
TEXT = OutgoingText("att_01", to="+16175550101", body="Reply 1 to pick a time.", validity_s=600)


@pytest.fixture
def twilio() -> Iterator[Vendor]:
    with vendor() as played:
        yield played


def account(base_url: str | None, *, timeout_s: float = 5) -> TwilioAccount:
    return TwilioAccount(AC, "secret", "MG" + "b" * 32, base_url, "https://clinic.example/twilio/status", timeout_s)


@pytest.fixture
def sms(twilio: Vendor) -> Iterator[TwilioSms]:
    channel = TwilioSms(account(twilio.url))
    yield channel
    channel.close()


def message(sid: str = SM, *, status: str = "accepted", **also: object) -> dict[str, object]:
    return {"sid": sid, "status": status, "error_code": None, "to": TEXT.to, "body": TEXT.body} | also


def refusal(status: int, code: int, **headers: str) -> Says:
    return Says(status, {"code": code, "message": "no", "status": status}, headers=headers)


@pytest.mark.req("S73")
def test_a_text_is_posted_once_with_service_callback_and_validity(twilio: Vendor, sms: TwilioSms) -> None:
    twilio.says(Says(201, message()))

    result = sms.send(TEXT)

    assert result == SendResult(SendState.ACCEPTED, provider_sid=SM, http_status=201)
    [asked] = twilio.asked
    assert (asked.method, asked.path) == ("POST", f"/2010-04-01/Accounts/{AC}/Messages.json")
    assert parse_qs(asked.body.decode()) == {
        "To": [TEXT.to],
        "Body": [TEXT.body],
        "MessagingServiceSid": ["MG" + "b" * 32],
        "StatusCallback": ["https://clinic.example/twilio/status/att_01"],
        "ValidityPeriod": ["600"],
        "SmartEncoded": ["true"],
    }


def test_a_base_address_may_have_a_path_and_next_pages_do_not_double_it(twilio: Vendor) -> None:
    made = {"date_created": "Sun, 22 Nov 2026 17:00:05 +0000"}
    uri = f"/twilio/2010-04-01/Accounts/{AC}/Messages.json?Page=1"
    pages = [{"messages": [message(**made)], "next_page_uri": uri}, {"messages": [], "next_page_uri": None}]
    twilio.says(*(Says(200, page) for page in pages))
    channel = TwilioSms(account(f"{twilio.url}/twilio/"))

    found = channel.find(TEXT.to, since=datetime(2026, 11, 22, 17, tzinfo=UTC))
    channel.close()

    assert [text.sid for text in found] == [SM]
    assert all(asked.path.startswith("/twilio/2010-04-01/") for asked in twilio.asked)


@pytest.mark.parametrize(
    ("says", "state", "code"),
    [
        (refusal(400, 21610), SendState.FAILED, "21610"),
        (refusal(401, 20003), SendState.FAILED, "20003"),
        (Says(403, raw=b"<html>proxy</html>"), SendState.FAILED, None),
        (refusal(500, 20500), SendState.UNKNOWN, "20500"),
        (Says(503, raw=b"gone fishing"), SendState.UNKNOWN, None),
        (Says(302, headers={"Location": "/elsewhere"}), SendState.UNKNOWN, None),
        (Says(201, raw=b"{not json"), SendState.UNKNOWN, None),
        (Says(201, {"status": "queued"}), SendState.UNKNOWN, None),
        (Says(408, {}), SendState.UNKNOWN, None),
        (Says(201, message(status="failed", error_code=30034)), SendState.FAILED, "30034"),
    ],
)
def test_each_answer_is_classified_and_nothing_is_posted_twice(
    twilio: Vendor, sms: TwilioSms, says: Says, state: SendState, code: str | None
) -> None:
    twilio.says(says)

    result = sms.send(TEXT)

    assert (result.state, result.code, result.http_status) == (state, code, says.status)
    assert len(twilio.asked) == 1


def test_a_throttled_text_was_certainly_not_sent_and_says_how_long_to_wait(twilio: Vendor, sms: TwilioSms) -> None:
    twilio.says(refusal(429, 20429, **{"Retry-After": "7"}))

    result = sms.send(TEXT)

    assert result == SendResult(SendState.NOT_SENT, code="20429", http_status=429, retry_after_s=7)
    assert len(twilio.asked) == 1


@pytest.mark.parametrize("lost", [Says(cut=True), Says(hang=True)])
@pytest.mark.req("S73")
def test_a_lost_answer_is_unknown_and_never_posted_again(twilio: Vendor, lost: Says) -> None:
    twilio.says(lost)
    channel = TwilioSms(account(twilio.url, timeout_s=0.3))

    result = channel.send(TEXT)
    channel.close()

    assert result == SendResult(SendState.UNKNOWN)
    assert len(twilio.asked) == 1


def test_a_refused_connection_was_certainly_not_sent() -> None:
    with closed_port() as port:
        channel = TwilioSms(account(f"http://127.0.0.1:{port}"))
        result = channel.send(TEXT)
        channel.close()

    assert result == SendResult(SendState.NOT_SENT)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (replace(TEXT, to="abc"), "not_a_number"),
        (replace(TEXT, body=" "), "no_body"),
        (replace(TEXT, body="x" * 1601), "too_long"),
        (replace(TEXT, validity_s=0), "no_time_left"),
    ],
)
def test_what_twilio_forbids_is_not_posted(twilio: Vendor, sms: TwilioSms, text: OutgoingText, code: str) -> None:
    twilio.says(Says(201, message()))

    result = sms.send(text)

    assert result == SendResult(SendState.FAILED, code=code)
    assert twilio.asked == []


def test_validity_is_capped_at_ten_hours(twilio: Vendor, sms: TwilioSms) -> None:
    twilio.says(Says(201, message()))

    sms.send(replace(TEXT, validity_s=99_999))

    assert b"ValidityPeriod=36000" in twilio.asked[0].body


def test_look_up_filters_by_creation_time_and_not_by_date_sent(twilio: Vendor, sms: TwilioSms) -> None:
    new, old = "SM" + "2" * 32, "SM" + "3" * 32
    rows = [
        message(new, date_created="Sun, 22 Nov 2026 17:00:05 +0000", direction="outbound-api"),
        message(old, date_created="Sun, 22 Nov 2026 16:59:59 +0000", direction="outbound-api"),
    ]
    twilio.says(Says(200, {"messages": rows, "next_page_uri": None}))

    found = sms.find(TEXT.to, since=datetime(2026, 11, 22, 17, 0, 5, 900_000, tzinfo=UTC))

    assert [(text.sid, text.created_at) for text in found] == [(new, datetime(2026, 11, 22, 17, 0, 5, tzinfo=UTC))]
    assert "DateSent" not in twilio.asked[0].path


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (Says(500, {}), Temporary),
        (Says(429, {}), Temporary),
        (Says(cut=True), Temporary),
        (Says(200, raw=b"oops"), Temporary),
        (Says(401, {"code": 20003}), Misconfigured),
        (Says(400, {"code": 20001}), Permanent),
        (Says(200, {"messages": [message(date_created=None)]}), Permanent),
    ],
)
def test_a_look_up_that_did_not_work_is_never_an_empty_list(
    twilio: Vendor, sms: TwilioSms, says: Says, error: type[Exception]
) -> None:
    twilio.says(says)

    with pytest.raises(error) as raised:
        sms.find(TEXT.to, since=datetime(2026, 11, 22, tzinfo=UTC))

    assert TEXT.to not in str(raised.value)


def test_a_message_that_twilio_does_not_know_is_none(twilio: Vendor, sms: TwilioSms) -> None:
    twilio.says(refusal(404, 20404))

    assert sms.fetch(SM) is None


def test_one_channel_serves_many_threads(twilio: Vendor, sms: TwilioSms) -> None:
    def echo(asked: Asked) -> Says:
        number = parse_qs(asked.body.decode())["To"][0]
        return Says(201, message("SM" + number[1:].rjust(32, "0")))

    twilio.reply = echo
    texts = [replace(TEXT, to=f"+1617555{n:04d}") for n in range(40)]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(sms.send, texts))

    assert [result.provider_sid for result in results] == ["SM" + text.to[1:].rjust(32, "0") for text in texts]


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.1", "https://u:p@api.example", "nonsense"])
def test_an_unsafe_base_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(Misconfigured, match="TWILIO_API_BASE_URL"):
        TwilioSms(account(url))


def test_nothing_private_shows_when_records_are_printed() -> None:
    shown = f"{account(None)} {TEXT}"

    assert not any(private in shown for private in ("secret", TEXT.to, TEXT.body))


def test_sending_logs_neither_number_nor_text_at_any_level(
    twilio: Vendor, sms: TwilioSms, caplog: pytest.LogCaptureFixture
) -> None:
    twilio.says(Says(201, message()))
    caplog.set_level(logging.DEBUG)

    sms.send(TEXT)

    assert not any(private in caplog.text for private in (TEXT.to[1:], TEXT.body, "secret"))


def test_the_sms_file_exports_its_channel(twilio: Vendor) -> None:
    twilio.says(Says(201, message()))

    channel = CHANNEL.connect(account(twilio.url))

    assert CHANNEL.name == "sms"
    assert channel.send(TEXT).state is SendState.ACCEPTED
