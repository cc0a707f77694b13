"""Record a consent."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import consent as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """It names nobody."""
    return {"form": form.build(worst.case(), 9_999_999)}
