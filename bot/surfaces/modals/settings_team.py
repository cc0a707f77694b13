"""A team's name and channel."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_team as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """With the longest name, and with a complaint."""
    team = form.Team("a_team", worst.TEAM, worst.CHANNEL, clinical=True)
    return {
        "form": form.build(team, mark="0123456789abcdef", wrong=worst.LONG),
        "new": form.build(form.Team(form.NEW, "", fixed=True), mark="0123456789abcdef"),
    }
