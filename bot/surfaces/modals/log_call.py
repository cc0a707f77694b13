"""Log a call."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import log_call as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Codes only."""
    words = {f"code_{number}": worst.LONG for number in range(10)}
    return {"form": form.build(worst.case(), 9_999_999, standing=worst.LONG, methods=words, results=words)}
