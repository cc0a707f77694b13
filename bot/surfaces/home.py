"""The Home tab."""

from collections.abc import Mapping
from typing import Any

from bot import home_face
from bot.blocks import View, escape
from bot.home_face import Face, Row
from bot.narrowing import ALL, MOST_CHOICES, Narrowing
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """It holds codes only, so all levels look alike. Three hundred cases are thirty pages of ten."""
    row = Row(escape(worst.TEAM), worst.case())
    rows = [row, Row(row.words, worst.case(), free=True)] * 5
    tally = dict.fromkeys((code for code, _ in home_face.VIEWS), 9_999_999)
    at, zone = worst.NOW, worst.ZONE
    many: dict[str, Any] = {"page": 15, "more": True, "narrowing": _narrowing()}
    drawn = {
        f"300_{code}": home_face.draw(
            Face(code, rows, worst.LONG, worst.LONG, tally, **many), [worst.REASON] * 10, at=at, zone=zone
        )
        for code, _ in home_face.VIEWS
    }
    empty = {f"empty_{code}": home_face.draw(Face(code, ()), [], at=at, zone=zone) for code, _ in home_face.VIEWS}
    hidden = home_face.draw(Face("open", (), narrowing=_narrowing()), [], at=at, zone=zone)
    return {**drawn, **empty, "empty_narrowed": hidden, "stranger": home_face.stranger()}


def _narrowing() -> Narrowing:
    """As many choices as Slack takes, the longest names, and one of each picked."""
    sizes = {"kind": MOST_CHOICES, "program": MOST_CHOICES, "state": 5}
    choices = {name: ((ALL, "All"), *((f"c{n}", worst.LONG) for n in range(size))) for name, size in sizes.items()}
    return Narrowing(choices, dict.fromkeys(choices, "c4"), worst.LONG, worst.LONG)
