"""What a text costs: encoding and segments, by the GSM 03.38 alphabet (3GPP TS 23.038)."""

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[]~|€")
_GSM = _BASIC | _EXTENDED
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
        "…": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets in GSM-7 and UTF-16 code units in UCS-2; an empty text has no segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def count(text: str) -> Segments:
    """Count as the carrier bills: 160 then 153 septets a segment in GSM-7, 70 then 67 units in UCS-2.

    Nothing is replaced first: count `straighten(text)` to know what a straightened text costs.
    """
    if _GSM.issuperset(text):
        costs = [2 if char in _EXTENDED else 1 for char in text]
        return Segments("GSM-7", sum(costs), _segments(costs, single=160, part=153))
    costs = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Segments("UCS-2", sum(costs), _segments(costs, single=70, part=67))


def straighten(text: str) -> str:
    """Replace typographic quotes, dashes, ellipses and spaces, each of which alone would more than double the price."""
    return text.translate(_STRAIGHT)


def _segments(costs: list[int], *, single: int, part: int) -> int:
    """Fill segments one by one: a character of two units never straddles two of them."""
    if sum(costs) <= single:
        return 1 if costs else 0
    segments, room = 1, part
    for cost in costs:
        if cost > room:
            segments, room = segments + 1, part
        room -= cost
    return segments
