"""Link or merge."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import link as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As many as there can be, and none."""
    others = [form.Other(worst.record("cas", number), 9_999_999, worst.LONG[:300]) for number in range(10)]
    return {"many": form.build(worst.case(), 9_999_999, others), "none": form.build(worst.case(), 9_999_999, [])}
