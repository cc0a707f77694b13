"""Reading one Messages create: every parameter is checked, nothing is guessed."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import phonenumbers

from sandbox.phones.refusals import TwilioError

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MG_SID = re.compile(r"MG[0-9a-fA-F]{32}")
MAX_BODY = 1600
MAX_VALIDITY_S = 36_000
FLAGS = ("SmartEncoded", "ShortenUrls", "ProvideFeedback", "ForceDelivery")
CHOICES = {
    "RiskCheck": {"enable", "disable"},
    "ContentRetention": {"retain", "discard"},
    "AddressRetention": {"retain", "discard"},
    "TrafficType": {"free"},
}
KNOWN = {
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "StatusCallback",
    "ValidityPeriod",
    "Attempt",
    *FLAGS,
    *CHOICES,
}


@dataclass(frozen=True)
class Order:
    """One text somebody asked for. `sender` is "" when the messaging service may choose; validity in seconds."""

    to: str
    body: str
    sender: str = ""
    service: str = ""
    status_callback: str = ""
    validity_s: int = MAX_VALIDITY_S
    smart_encoded: bool = False


def read(pairs: list[tuple[str, str]]) -> Order:
    """Turn the posted form into an Order, or raise the TwilioError the vendor would answer.

    The local carrier sends plain texts only: media, content templates and scheduling are refused as unknown.
    """
    form = dict(pairs)
    strangers = sorted({name for name, _ in pairs} - KNOWN)
    if strangers:
        raise TwilioError(20001, ", ".join(strangers))
    doubled = sorted({name for name, _ in pairs if sum(1 for other, _ in pairs if other == name) > 1})
    if doubled:
        raise TwilioError(20422, ", ".join(doubled) + " given more than once")
    _check_choices(form)
    return Order(
        to=form.get("To", "").strip(),
        body=form.get("Body", ""),
        sender=form.get("From", "").strip(),
        service=form.get("MessagingServiceSid", "").strip(),
        status_callback=_callback(form.get("StatusCallback", "")),
        validity_s=_whole_number(form, "ValidityPeriod", MAX_VALIDITY_S),
        smart_encoded=form.get("SmartEncoded", "false").lower() == "true",
    )


def check_addresses(order: Order, *, senders: set[str], service: str) -> None:
    """Refuse what cannot be routed; codes as on the vendor's error pages (21604, 21211, 21602, 21617, 21603, 21606)."""
    if not order.to:
        raise TwilioError(21604)
    if not is_dialable(order.to):
        raise TwilioError(21211, "not a number in E.164")
    if not order.body.strip():
        raise TwilioError(21602)
    if len(order.body) > MAX_BODY:
        raise TwilioError(21617)
    if not order.sender and not order.service:
        raise TwilioError(21603)
    if order.service and (not MG_SID.fullmatch(order.service) or order.service != service):
        raise TwilioError(21701)
    if order.sender and order.sender == order.to:
        raise TwilioError(21266)
    if order.sender and order.sender not in senders:
        raise TwilioError(21606)


def is_dialable(number: str) -> bool:
    """E.164 and of a length the country's plan allows."""
    if not E164.fullmatch(number):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _check_choices(form: dict[str, str]) -> None:
    for name in FLAGS:
        if form.get(name, "true").lower() not in {"true", "false"}:
            raise TwilioError(20422, name)
    for name, allowed in CHOICES.items():
        if name in form and form[name] not in allowed:
            raise TwilioError(20422, name)
    _whole_number(form, "Attempt", 1_000_000)


def _whole_number(form: dict[str, str], name: str, most: int) -> int:
    raw = form.get(name, str(most))
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= most:
        raise TwilioError(20422, f"{name} must be a whole number from 1 to {most}")
    return int(raw)


def _callback(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(letter.isspace() for letter in url):
        raise TwilioError(21609)
    return url
