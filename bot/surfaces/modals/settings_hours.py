"""When a team works."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_hours as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As much as can be typed."""
    hours = form.Hours(worst.LONG, holidays=True, closed="2026-12-24\n" * 200, zone=str(worst.ZONE))
    return {"form": form.build("a_team", worst.TEAM[:75], hours, mark="0123456789abcdef", zone=str(worst.ZONE))}
