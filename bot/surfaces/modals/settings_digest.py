"""When the weekly digest comes."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_digest as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """The managers' line with a complaint, and a team's."""
    managers = form.Line("managers", "Managers", on=True, channel=worst.CHANNEL, managers=True)
    team = form.Line("a_team", worst.TEAM, on=False, day="Fri", at="16:30")
    how = {"mark": "0123456789abcdef", "zone": str(worst.ZONE)}
    return {"managers": form.build(managers, wrong=worst.LONG, **how), "team": form.build(team, **how)}
