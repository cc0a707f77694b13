"""A modal that only says something."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import notice
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Loading, done, or why not."""
    return {"long": notice.message(worst.LONG, [worst.LONG] * 3, case_id=worst.case())}
