"""Signatures and forms from Twilio, with the traps of channels.md 1.6."""

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no py.typed

from core.errors import Permanent
from integrations.channels.webhooks import (
    InboundText,
    Media,
    StatusUpdate,
    parse_inbound,
    parse_status,
    rank,
    read_form,
    signed_url,
    verify,
)

URL = "https://clinic.example/twilio/inbound?org=o1"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
SID = "SM" + "0" * 32
INBOUND = {
    "MessageSid": SID,
    "From": "+16175550101",
    "To": "+16175550100",
    "Body": "¿el martes?",
    "FromCity": "",
    "NumMedia": "0",
}


def signed(params: dict[str, str], *, token: str = "tok", url: str = URL) -> str:
    signature: str = RequestValidator(token).compute_signature(url, params)
    return signature


def is_ours(body: bytes, signature: str | None, *, url: str = URL, kind: str | None = FORM) -> bool:
    return verify(url, body, content_type=kind, signature=signature, tokens=["new", "tok"])


def test_a_genuine_form_with_blank_fields_passes_under_the_older_token_too() -> None:
    assert is_ours(urlencode(INBOUND).encode(), signed(INBOUND))


@pytest.mark.parametrize("signature", [None, "", "abc", "ñ" * 28])
def test_a_missing_or_strange_signature_fails_quietly(signature: str | None) -> None:
    assert not is_ours(urlencode(INBOUND).encode(), signature)


def test_an_altered_body_or_address_fails() -> None:
    body = urlencode(INBOUND).encode()

    assert not is_ours(body.replace(b"martes", b"jueves"), signed(INBOUND))
    assert not is_ours(body, signed(INBOUND), url="http://10.0.0.5:8000/twilio/inbound?org=o1")


def test_no_token_means_nobody_is_genuine_not_even_with_an_empty_secret() -> None:
    signature = signed(INBOUND, token="")

    for tokens in ([], [""]):
        assert not verify(URL, urlencode(INBOUND).encode(), content_type=FORM, signature=signature, tokens=tokens)


def test_json_needs_a_body_hash_that_fits() -> None:
    body = b'{"a": 1}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = signed({}, url=url)

    assert is_ours(body, signature, url=url, kind="application/json")
    assert not is_ours(b'{"a": 2}', signature, url=url, kind="application/json")
    assert not is_ours(body, signed({}), kind="application/json")
    assert not is_ours(b"", signature, url=url, kind=FORM)


@given(st.binary(max_size=200), st.text(max_size=80), st.one_of(st.none(), st.text(max_size=40)))
def test_verify_never_raises(body: bytes, url: str, kind: str | None) -> None:
    assert not verify(url, body, content_type=kind, signature="x" * 28, tokens=["tok"])


def test_the_signed_address_is_our_origin_with_the_raw_path_and_query() -> None:
    url = signed_url("https://clinic.example/", "/twilio/status/att%5F1", b"a=1&b=%C3%A9")

    assert url == "https://clinic.example/twilio/status/att%5F1?a=1&b=%C3%A9"
    assert signed_url("https://clinic.example", "/x", b"") == "https://clinic.example/x"


def test_an_inbound_text_is_read_with_its_pictures() -> None:
    form = INBOUND | {
        "NumMedia": "1",
        "MediaUrl0": "https://api.twilio.com/m/1",
        "MediaContentType0": "image/png",
        "OptOutType": "STOP",
    }

    read = parse_inbound(read_form(urlencode(form).encode()))

    media = (Media("https://api.twilio.com/m/1", "image/png"),)
    assert read == InboundText(SID, "+16175550101", "+16175550100", "¿el martes?", media, "STOP")


@pytest.mark.parametrize(
    "wrong",
    [
        {"MessageSid": "SM1"},
        {"From": ""},
        {"To": "'; drop"},
        {"NumMedia": "-1"},
        {"NumMedia": "99"},
        {"NumMedia": "1"},
        {"NumMedia": "²"},
    ],
)
def test_a_malformed_text_is_refused_without_repeating_it(wrong: dict[str, str]) -> None:
    with pytest.raises(Permanent) as raised:
        parse_inbound(INBOUND | wrong)

    assert "martes" not in str(raised.value)
    assert INBOUND["From"] not in str(raised.value)


def test_a_status_callback_is_read_and_a_zero_code_is_no_code() -> None:
    form = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30003"}

    assert parse_status(form) == StatusUpdate(SID, "undelivered", "30003")
    assert parse_status(form | {"ErrorCode": "0"}).error_code is None
    assert parse_status({"SmsSid": SID, "SmsStatus": "sent"}) == StatusUpdate(SID, "sent", None)


@pytest.mark.parametrize(
    "wrong", [{"MessageStatus": ""}, {"MessageStatus": "x y"}, {"ErrorCode": "abc"}, {"MessageSid": ""}]
)
def test_a_malformed_status_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Permanent):
        parse_status({"MessageSid": SID, "MessageStatus": "sent"} | wrong)


def test_statuses_only_move_forward_and_unknown_ones_have_no_rank() -> None:
    order = ["scheduled", "accepted", "queued", "sending", "sent", "delivered", "read"]

    ranks = [rank(status) for status in order]

    assert ranks == sorted(ranks, key=lambda r: r or 0)
    assert rank("delivered") == rank("undelivered") == rank("failed") == rank("canceled") == 9
    assert rank("teleported") is None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_plain_refusal(body: bytes) -> None:
    try:
        form = read_form(body)
    except Permanent:
        return
    assert all(isinstance(value, str) for value in form.values())
