"""Ask for an approval."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import approval as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Codes only."""
    return {"form": form.build(worst.case(), 9_999_999, choices={f"code_{n}": worst.LONG for n in range(10)})}
