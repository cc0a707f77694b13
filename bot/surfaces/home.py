"""The Home tab."""

from collections.abc import Mapping

from bot import home_face
from bot.blocks import View, escape
from bot.home_face import Face, Row
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """It holds codes only, so all levels look alike. Three hundred cases are thirty pages of ten."""
    row = Row(escape(worst.TEAM), worst.case())
    rows = [row, Row(row.words, worst.case(), free=True)] * 5
    tally = dict.fromkeys((code for code, _ in home_face.VIEWS), 9_999_999)
    at, zone = worst.NOW, worst.ZONE
    drawn = {
        f"300_{code}": home_face.draw(
            Face(code, rows, worst.LONG, worst.LONG, tally, page=15, more=True), [worst.REASON] * 10, at=at, zone=zone
        )
        for code, _ in home_face.VIEWS
    }
    empty = {f"empty_{code}": home_face.draw(Face(code, ()), [], at=at, zone=zone) for code, _ in home_face.VIEWS}
    return {**drawn, **empty, "stranger": home_face.stranger()}
