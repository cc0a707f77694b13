"""What Slack may see."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_privacy as form


def lines(level: str) -> Mapping[str, View]:
    """The levels, and both second presses."""
    return {
        "form": form.build(level),
        "initials": form.ask("initials", seen="none", attested=False),
        "full": form.ask("full", seen="none", attested=False),
    }
