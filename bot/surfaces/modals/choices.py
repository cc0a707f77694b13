"""A question answered by one press."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import choices as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As many answers as there can be."""
    words = {f"case.escalate.code_{number}": f"{number} {worst.LONG}" for number in range(10)}
    return {"form": form.build(worst.case(), worst.LONG, worst.LONG, words, below=worst.LONG)}
