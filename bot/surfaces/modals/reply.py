"""Reply. At level none it is never opened; it would name nobody."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import reply
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """The longest patient, and nobody."""
    who = worst.patient_line(level) or ""
    return {
        "worst": reply.build(worst.case(), 9_999_999, who=who, language=worst.WORD[:80]),
        "plain": reply.build(worst.case(), 1, who="", language=""),
    }
