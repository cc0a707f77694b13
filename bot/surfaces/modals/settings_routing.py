"""The routing table's forms."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_routing as form
from bot.surfaces import worst

MANY = [(f"{worst.TEAM[:60]} {n}", f"code_{n}") for n in range(120)]


def lines(_level: str) -> Mapping[str, View]:
    """With as many teams, programs and sites as a menu holds."""
    offered = form.Offered(MANY[:24], MANY, MANY, MANY[:40])
    line = form.Line("code_1", "code_2", "code_3", "es", "out", "code_4", "code_5")
    mark = "0123456789abcdef"
    return {
        "line": form.line("rul_00000000000000000000000000", line, offered, mark=mark),
        "new": form.line(form.NEW, form.Line(), offered, mark=mark),
        "places": form.places("code_1", "code_2", MANY[:40], mark=mark),
        "probe": form.probe(form.Line(hours="in"), offered),
    }
