"""Reply. At level none it is never opened; it would name nobody."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import reply
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """The longest patient, nobody, and a saved reply of the most words among as many as there can be."""
    who = worst.patient_line(level) or ""
    saved = worst.choices(100, "svr")
    shown = reply.Saved(saved[0][0], worst.LONG, 3)
    return {
        "worst": reply.build(worst.case(), 9_999_999, who=who, language=worst.WORD[:80], saved=saved, qualified=False),
        "plain": reply.build(worst.case(), 1, who="", language=""),
        "saved": reply.build(worst.case(), 1, who=who, language=worst.WORD[:80], saved=saved, picked=shown),
    }
