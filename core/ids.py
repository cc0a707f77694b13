"""Ids as people and vendors see them: a prefix that says what it is, and a sortable body. Inside, ids are UUIDv7."""

import base64
import binascii
from uuid import UUID

from core.errors import Refused

PREFIXES = frozenset(
    {
        "org",
        "pat",
        "num",
        "enr",
        "msg",
        "cas",
        "att",
        "apt",
        "slt",
        "stf",
        "tem",
        "trg",
        "sit",
        "cmp",
        "hlt",
        "dis",
        "drf",
        "coh",
        "rng",
        "cor",
        "lex",
        "ntd",
        "sgn",
        "und",
        "rul",
        "svr",
        "dig",
    }
)


def show(prefix: str, value: UUID) -> str:
    """`cas_06fj…`: base32hex of the 16 bytes, lower case, so that text order is time order."""
    if prefix not in PREFIXES:
        raise ValueError(f"unknown id prefix {prefix!r}")
    return f"{prefix}_{base64.b32hexencode(value.bytes).decode().rstrip('=').lower()}"


def parse(prefix: str, text: str) -> UUID:
    """The UUID behind `text`; a shape that cannot be one of ours is Refused, never a 500."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != 26:
        raise Refused(f"That is not one of our ids (expected {prefix}_ and 26 letters or digits).")
    try:
        return UUID(bytes=base64.b32hexdecode(body.upper() + "======"))
    except (binascii.Error, ValueError) as error:
        raise Refused(f"That is not one of our ids (expected {prefix}_ and 26 letters or digits).") from error
