"""One plain form for all ways to write a thing: case, accents, punctuation, HTML, JSON, percent and base64 escapes."""

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

DEEP = 4
_GAPS = re.compile(r"[\W_]+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().\-/_]{1,3}(?=\d)")
_DIGITS = re.compile(r"\d{10,}|(?<![0-9A-Za-z])\d{7,}(?![0-9A-Za-z])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}|%[0-9A-Fa-f]{2}|&[#a-z0-9]+;")


def plain(text: str) -> str:
    """Words in lower case without accents, one space between and around them."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return f" {_GAPS.sub(' ', text.casefold()).strip()} "


def digits(text: str) -> set[str]:
    """Runs of ten digits and more, however they are grouped ("(312) 555-0111" is one); of seven and more where no part of an id."""
    return set(_DIGITS.findall(_BETWEEN_DIGITS.sub("", text))) if any(c.isdigit() for c in text) else set()


def readings(text: str, *, depth: int = DEEP) -> Iterator[str]:
    """The text, and what it is once its escapes are undone and what it carries is unpacked."""
    yield text
    if depth == 0:
        return
    for inner in {*_unescaped(text), *_unpacked(text)} - {text}:
        yield from readings(inner, depth=depth - 1)


def _unescaped(text: str) -> Iterator[str]:
    if _ESCAPED.search(text):
        yield html.unescape(text)
        yield unquote_plus(text)
        yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _unpacked(text: str) -> Iterator[str]:
    if text[:1] in '{["' and text[-1:] in '}]"':
        with suppress(ValueError):
            yield from strings(json.loads(text))
    for found in _BASE64.findall(text):
        clear = _decoded(found)
        if clear is not None:
            yield clear


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, its keys and numbers too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from strings(inner)
    elif value is not None and not isinstance(value, bool):
        yield value if isinstance(value, str) else str(value)


def _decoded(found: str) -> str | None:
    """Base64 of readable text; an id or a token is none."""
    ordinary = found.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        clear = base64.b64decode(ordinary + "=" * (-len(ordinary) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return clear if clear.isprintable() else None
