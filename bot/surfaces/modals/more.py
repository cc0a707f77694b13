"""More."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import more
from bot.surfaces import worst
from workflows.case_verbs import VERBS


def lines(_level: str) -> Mapping[str, View]:
    """Every verb there is, and none."""
    return {"all": more.build(worst.case(), 9_999_999, VERBS), "none": more.build(worst.case(), 9_999_999, ())}
