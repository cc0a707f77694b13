"""Stop texts, and let them go again."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import halt as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Scopes and counts."""
    return {
        "stop": form.stop(worst.LONG, "all", waiting=999_999, stays_on=worst.LONG),
        "lift": form.lift(worst.choices(300, "hlt")),
        "nothing": form.lift([]),
    }
