"""The carrier's messages: by sid, by number, newest first, without a scan per create."""

from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.phones.messages import FINAL, Message
from sandbox.phones.refusals import TwilioError

ON_A_PHONE = 200
PHONES_SHOWN = 60
MAX_PAGE = 1000


@dataclass
class Phone:
    """A patient's handset; a landline takes calls, not texts."""

    number: str
    name: str
    kind: str = "mobile"
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=ON_A_PHONE))


@dataclass(frozen=True)
class Query:
    """List filters as the REST API knows them; DateSent is compared by day (GMT)."""

    to: str = ""
    sender: str = ""
    on: date | None = None
    since: date | None = None
    until: date | None = None

    def matches(self, message: Message) -> bool:
        """Whether the message belongs in the list; one not yet sent has no date and fails every date filter."""
        if (self.to and message.to != self.to) or (self.sender and message.sender != self.sender):
            return False
        if not (self.on or self.since or self.until):
            return True
        if message.sent is None:
            return False
        day = datetime.fromtimestamp(message.sent, UTC).date()
        return self.on in (None, day) and (self.since or day) <= day <= (self.until or day)


class Shelf:
    """Not locked: the Carrier holds its lock around every call."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Message] = {}
        self.by_number: dict[str, list[Message]] = {}
        self.phones: dict[str, Phone] = {}
        self._named: set[str] = set()

    def add_phone(self, number: str, name: str, kind: str) -> Phone:
        """A phone of the named list; naming it again renames it."""
        phone = self.phones.setdefault(number, Phone(number, name, kind))
        phone.name, phone.kind = name, kind
        self._named.add(number)
        return phone

    def put(self, message: Message) -> None:
        """Keep the message and show it on the patient's phone."""
        number = message.sender if message.direction == "inbound" else message.to
        self.by_sid[message.sid] = message
        self.by_number.setdefault(number, []).append(message)
        self.phones.setdefault(number, Phone(number, number)).messages.append(message)

    def find(self, query: Query, *, clinic: str) -> list[Message]:
        """Newest first. A filter on a patient's number looks at that number's messages only."""
        patient = next((number for number in (query.to, query.sender) if number and number != clinic), "")
        pool = self.by_number.get(patient, []) if patient else list(self.by_sid.values())
        return [message for message in reversed(pool) if query.matches(message)]

    def shown(self) -> list[dict[str, Any]]:
        """Phones for the page: the named ones first, then the ones that texted last."""
        named = [phone for number, phone in self.phones.items() if number in self._named]
        others = [phone for number, phone in self.phones.items() if number not in self._named]
        others = others[-max(0, PHONES_SHOWN - len(named)) :] if len(named) < PHONES_SHOWN else []
        return [
            {
                "number": phone.number,
                "name": phone.name,
                "kind": phone.kind,
                "messages": [message.on_phone() for message in phone.messages],
            }
            for phone in [*named, *others]
        ]

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "messages": [asdict(message) for message in self.by_sid.values()],
            "phones": [
                {"number": phone.number, "name": phone.name, "kind": phone.kind}
                for number, phone in self.phones.items()
                if number in self._named
            ],
        }

    def load(self, kept: dict[str, Any]) -> None:
        """Take back what dump gave; a text that was on its way stays `sent`, as when no receipt ever comes."""
        for row in kept["phones"]:
            self.add_phone(row["number"], row["name"], row["kind"])
        for row in kept["messages"]:
            message = Message(**row)
            if message.status not in FINAL:
                message.status = "sent"
            self.put(message)


def read_day(raw: str) -> date | None:
    """A DateSent filter: YYYY-MM-DD, or an instant of which only the GMT day counts."""
    if not raw:
        return None
    try:
        if len(raw) == len("2026-11-26"):
            return date.fromisoformat(raw)
        instant = datetime.fromisoformat(raw.replace("Z", "+00:00"))
    except ValueError as error:
        raise TwilioError(20422, "DateSent") from error
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).date()


def page(found: list[Message], params: dict[str, str], *, account_sid: str) -> dict[str, Any]:
    """One page of a list answer, with the vendor's links; raises TwilioError for a bad PageSize or Page."""
    size, number = _count(params, "PageSize", 50), _count(params, "Page", 0)
    if not 1 <= size <= MAX_PAGE:
        raise TwilioError(20422, "PageSize")
    start = number * size
    chosen = found[start : start + size]
    more = len(found) > start + size
    return {
        "messages": [message.to_json(account_sid) for message in chosen],
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start + len(chosen) - 1, 0),
        "uri": _link(params, number, size=size, account_sid=account_sid),
        "first_page_uri": _link(params, 0, size=size, account_sid=account_sid),
        "next_page_uri": _link(params, number + 1, size=size, account_sid=account_sid) if more else None,
        "previous_page_uri": _link(params, number - 1, size=size, account_sid=account_sid) if number else None,
    }


def _count(params: dict[str, str], name: str, default: int) -> int:
    raw = params.get(name, str(default))
    if not raw.isascii() or not raw.isdigit():
        raise TwilioError(20422, name)
    return int(raw)


def _link(params: dict[str, str], number: int, *, size: int, account_sid: str) -> str:
    filters = {name: value for name, value in params.items() if name not in {"Page", "PageSize", "PageToken"}}
    query = urlencode({**filters, "PageSize": size, "Page": number})
    return f"/2010-04-01/Accounts/{account_sid}/Messages.json?{query}"
