"""One text as the carrier keeps it, and as the vendor's JSON shows it."""

import math
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWO = frozenset("^{}\\[~]|€\f")
SMART = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
FINAL = frozenset({"delivered", "undelivered", "failed", "received"})


@dataclass
class Message:
    """`created`, `updated`, `sent` are machine time in epoch seconds; `at` is business time, for people."""

    sid: str
    to: str
    sender: str
    body: str
    direction: str
    status: str
    created: float
    at: str
    service: str = ""
    updated: float = 0.0
    sent: float | None = None
    error_code: int | None = None
    status_callback: str = ""
    validity_s: int = 36_000
    segments: int = 0
    history: list[str] = field(default_factory=list)

    def to_json(self, account_sid: str) -> dict[str, Any]:
        """The message as the REST API answers it; dates are RFC 2822 in GMT."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        waiting = self.status == "accepted"
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": _rfc2822(self.created),
            "date_sent": None if self.sent is None else _rfc2822(self.sent),
            "date_updated": _rfc2822(self.updated or self.created),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": None if waiting else self.sender,
            "messaging_service_sid": self.service or None,
            "num_media": "0",
            "num_segments": "0" if waiting else str(self.segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }

    def on_phone(self) -> dict[str, str]:
        """The message as the page draws it on the patient's phone."""
        return {
            "sid": self.sid,
            "direction": "in" if self.direction == "inbound" else "out",
            "body": self.body,
            "status": self.status,
            "at": self.at,
        }


def segments(body: str) -> int:
    """How many SMS segments the body takes: GSM-7 160/153 (extension characters cost two), else UCS-2 70/67."""
    if all(letter in GSM7 or letter in GSM7_TWO for letter in body):
        units = [2 if letter in GSM7_TWO else 1 for letter in body]
        return _parts(units, single=160, part=153)
    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in body], single=70, part=67)


def _parts(units: list[int], *, single: int, part: int) -> int:
    if sum(units) <= single:
        return 1
    count, used = 1, 0
    for cost in units:
        if used + cost > part:
            count, used = count + 1, 0
        used += cost
    return count


def _rfc2822(epoch_s: float) -> str:
    return formatdate(math.floor(epoch_s), usegmt=False, localtime=False).replace("-0000", "+0000")
