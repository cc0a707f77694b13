"""Texts through Twilio: one POST an attempt, and an honest word about what came of it.

There is no idempotency key on Messages, so a lost answer is never repeated here: it is UNKNOWN.
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

import requests
from requests.exceptions import ConnectTimeout, ProxyError
from twilio.rest import Client  # type: ignore[import-untyped]  # the SDK ships no py.typed
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from core.errors import Misconfigured, Permanent, Temporary
from integrations.channels.ports import Channel, OutgoingText, ProviderText, SendResult, SendState, SmsChannel
from integrations.channels.twilio_http import NotOk, TwilioHttp

__all__ = ["CHANNEL", "OutgoingText", "ProviderText", "SendResult", "SendState", "TwilioAccount", "TwilioSms"]

MAX_BODY = 1600
MAX_VALIDITY_S = 36_000
_MAX_LISTED = 1000
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_DEAD = {"failed", "undelivered", "canceled"}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One organisation's Twilio. `status_url` is `{PUBLIC_BASE_URL}/twilio/status`; the attempt's id is added to it."""

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str
    api_base_url: str | None
    status_url: str
    timeout_s: float = 10


class TwilioSms:
    """Sends and looks up texts; one object serves all threads of a process and keeps its connections.

    Raises `Misconfigured` when the base address is plain http to another machine.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._http = TwilioHttp(account.api_base_url, timeout_s=account.timeout_s)
        self._client = Client(
            account.account_sid,
            account.auth_token,
            http_client=self._http,
            environment={"TWILIO_EDGE": ""},  # settings are read in one place; the SDK must not read its own
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.session.close()

    def send(self, text: OutgoingText) -> SendResult:
        """Post the text once and say what is known; no vendor outcome is raised and nothing is retried.

        A text that Twilio's rules forbid (recipient, length, no time left) is FAILED with our own code and not posted.
        """
        if code := _unsendable(text):
            return SendResult(SendState.FAILED, code=code)
        try:
            message = self._client.messages.create(
                to=text.to,
                body=text.body,
                messaging_service_sid=self._account.messaging_service_sid,
                status_callback=f"{self._account.status_url}/{quote(text.attempt_id, safe='')}",
                validity_period=min(text.validity_s, MAX_VALIDITY_S),
                smart_encoded=True,
            )
        except NotOk as answer:
            return _classify_answer(answer)
        except (requests.RequestException, OSError) as error:
            return SendResult(SendState.NOT_SENT if _never_connected(error) else SendState.UNKNOWN)
        return _accepted(message)

    def find(self, to: str, *, since: datetime) -> list[ProviderText]:
        """List the texts to `to` that Twilio created at or after `since` (aware; whole seconds), newest first.

        Twilio can filter by recipient only (DateSent is empty while a text is queued), so the time is compared here.
        Raises `Temporary`, `Permanent` or `Misconfigured`: an empty list means Twilio said there is none.
        """
        floor = since.astimezone(UTC).replace(microsecond=0)
        with _Lookup():
            listed = islice(self._newest_first(to), _MAX_LISTED)
            return [text for text in listed if text.created_at >= floor]

    def fetch(self, sid: str) -> ProviderText | None:
        """Read one text by its sid; None when Twilio does not know it. Raises as `find` does."""
        with _Lookup():
            try:
                return _provider_text(self._client.messages(sid).fetch())
            except NotOk as answer:
                if answer.status == 404:
                    return None
                raise

    def _newest_first(self, to: str) -> Iterator[ProviderText]:
        for message in self._client.messages.stream(to=to, page_size=100):
            yield _provider_text(message)


class _Lookup:
    """Turns what goes wrong while reading into the core errors; reading twice is harmless, so nothing is Unknown."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, NotOk):
            if error.status == 401:
                fix = "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
                raise Misconfigured("Twilio refuses our account", fix=fix) from None
            if error.status == 429 or error.status >= 500 or error.status < 400:
                raise Temporary(f"Twilio answered {error.status}", retry_after_s=error.wait_s) from None
            raise Permanent(f"Twilio refuses the look-up with {error.status}", code=error.code) from None
        if isinstance(error, requests.RequestException | OSError):
            raise Temporary("Twilio cannot be reached") from None


def _unsendable(text: OutgoingText) -> str | None:
    if not _E164.fullmatch(text.to):
        return "not_a_number"
    if not text.body.strip():
        return "no_body"
    if len(text.body) > MAX_BODY:
        return "too_long"
    return "no_time_left" if text.validity_s < 1 else None


def _classify_answer(answer: NotOk) -> SendResult:
    """429 was never processed; other 4xx are final; the rest (5xx, 408, redirect, unreadable 2xx) may have sent."""
    state = SendState.UNKNOWN
    if answer.status == 429:
        state = SendState.NOT_SENT
    elif 400 <= answer.status < 500 and answer.status != 408 and answer.code != "20500":
        state = SendState.FAILED
    code = answer.code or None
    return SendResult(state, code=code, http_status=answer.status, retry_after_s=answer.wait_s)


def _never_connected(error: BaseException) -> bool:
    """True only when no byte of the request can have left: name, route, connect time-out, proxy or certificate."""
    if isinstance(error, ConnectTimeout | ProxyError):
        return True
    cause: object = error
    for _ in range(6):
        if isinstance(cause, NewConnectionError | ConnectTimeoutError | ssl.SSLCertVerificationError):
            return True
        inner = getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            inner = cause.args[0] if isinstance(cause, BaseException) and cause.args else None
        cause = inner
    return False


def _accepted(message: Any) -> SendResult:
    sid = message.sid if isinstance(message.sid, str) and message.sid else None
    code = str(message.error_code) if message.error_code else None
    if sid is None:
        return SendResult(SendState.UNKNOWN, code=code, http_status=201)
    state = SendState.FAILED if message.status in _DEAD else SendState.ACCEPTED
    return SendResult(state, provider_sid=sid, code=code, http_status=201)


def _provider_text(message: Any) -> ProviderText:
    created = message.date_created
    if not isinstance(created, datetime) or not isinstance(message.sid, str):
        raise Permanent("Twilio lists a message without a sid or a creation time")
    return ProviderText(
        sid=message.sid,
        to=message.to or "",
        status=message.status or "",
        error_code=str(message.error_code) if message.error_code else None,
        created_at=created.replace(tzinfo=UTC) if created.tzinfo is None else created.astimezone(UTC),
        body=message.body or "",
        from_number=message.from_ or "",
        direction=message.direction or "",
    )


def _connect(account: TwilioAccount) -> SmsChannel:
    return TwilioSms(account)


CHANNEL = Channel(name="sms", connect=_connect)
