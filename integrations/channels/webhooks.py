"""What Twilio posts to us: is it really Twilio, and what does it say. Pure; nothing here is stored or logged."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no py.typed

from core.errors import Permanent

_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_STATUS = re.compile(r"[a-z][a-z_-]{0,39}")
_CODE = re.compile(r"[0-9]{1,9}")
_MAX_FIELDS = 300
_MAX_MEDIA = 10
_RANKS = {
    "scheduled": 0,
    "accepted": 1,
    "queued": 2,
    "sending": 3,
    "sent": 4,
    "partially_delivered": 5,
    "delivered": 9,
    "undelivered": 9,
    "failed": 9,
    "canceled": 9,
    "read": 10,
}


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file that came with a text; its address needs our account to open."""

    url: str = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a phone. `opt_out_type` (STOP, START, HELP) means Twilio has answered it: do not answer again."""

    sid: str
    from_number: str = field(repr=False)
    to_number: str = field(repr=False)
    body: str = field(repr=False)
    media: tuple[Media, ...] = field(repr=False)
    opt_out_type: str | None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """One delivery callback; they come late, twice and out of order: see `rank`."""

    sid: str
    status: str
    error_code: str | None


def rank(status: str) -> int | None:
    """How far along a status is, so that a late callback moves nothing back; None for an unknown status."""
    return _RANKS.get(status)


def signed_url(public_base_url: str, raw_path: str, raw_query: bytes) -> str:
    """Rebuild the address that Twilio signed: our configured origin, the raw path and query; no proxy headers."""
    query = raw_query.decode("latin-1")
    return f"{public_base_url.rstrip('/')}{raw_path}" + (f"?{query}" if query else "")


def verify(url: str, body: bytes, *, content_type: str | None, signature: str | None, tokens: Sequence[str]) -> bool:
    """Say whether Twilio signed this request with one of our tokens; never raises.

    `url` comes from `signed_url`. JSON bodies must carry bodySHA256 in the query, and where it is there it must match.
    https://www.twilio.com/docs/usage/security
    """
    secrets = [token for token in tokens if token]
    if not signature or not secrets:
        return False
    try:
        params = _signed_params(url, body=body, content_type=content_type)
        if params is None:
            return False
        return any(RequestValidator(secret).validate(url, params, signature) for secret in secrets)
    except ValueError:  # an address, a form or a text that cannot be read
        return False


def read_form(body: bytes) -> dict[str, str]:
    """Read a form body, blank fields kept, the first of repeated fields winning. Raises `Permanent`."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise Permanent("The form from Twilio cannot be read") from None
    return dict(reversed(pairs))


def parse_inbound(form: Mapping[str, str]) -> InboundText:
    """Read an inbound text's form. Raises `Permanent` naming the field that is wrong, never its content."""
    opt_out = form.get("OptOutType", "").upper()
    return InboundText(
        sid=_sid(form),
        from_number=_number(form, "From"),
        to_number=_number(form, "To"),
        body=form.get("Body", "").replace("\x00", ""),
        media=_media(form),
        opt_out_type=opt_out if opt_out in ("STOP", "START", "HELP") else None,
    )


def parse_status(form: Mapping[str, str]) -> StatusUpdate:
    """Read a status callback's form. Raises `Permanent` naming the field that is wrong."""
    status = (form.get("MessageStatus") or form.get("SmsStatus") or "").lower()
    if not _STATUS.fullmatch(status):
        raise Permanent("A status callback has no readable MessageStatus")
    code = form.get("ErrorCode", "").strip()
    if code and not _CODE.fullmatch(code):
        raise Permanent("A status callback has an unreadable ErrorCode")
    return StatusUpdate(sid=_sid(form), status=status, error_code=code if code.strip("0") else None)


def _signed_params(url: str, *, body: bytes, content_type: str | None) -> ImmutableMultiDict[str, str] | str | None:
    """The value that the signature covers beside the address; None when the request cannot be genuine."""
    text = body.decode("utf-8")
    stated = parse_qs(urlsplit(url).query).get("bodySHA256")
    if stated and not hmac.compare_digest(stated[0].encode(), hashlib.sha256(body).hexdigest().encode()):
        return None
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return text if stated else None
    if kind not in ("", "application/x-www-form-urlencoded"):
        return None
    return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))


def _sid(form: Mapping[str, str]) -> str:
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if not _SID.fullmatch(sid):
        raise Permanent("A message from Twilio has no readable MessageSid")
    return sid


def _number(form: Mapping[str, str], name: str) -> str:
    number = form.get(name, "").strip()
    if not _NUMBER.fullmatch(number):
        raise Permanent(f"A text from Twilio has no readable {name} number")
    return number


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    count = form.get("NumMedia", "").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,3}", count) or int(count) > _MAX_MEDIA:
        raise Permanent("A text from Twilio has an unreadable NumMedia")
    media = []
    for number in range(int(count)):
        url = form.get(f"MediaUrl{number}", "")
        if not url.startswith(("https://", "http://")):
            raise Permanent(f"A text from Twilio has no readable MediaUrl{number}")
        media.append(Media(url=url, content_type=form.get(f"MediaContentType{number}", "")[:100]))
    return tuple(media)
