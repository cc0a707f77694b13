"""Snooze until."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import snooze as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """One field."""
    return {"form": form.build(worst.case(), 9_999_999, initial=worst.later(days=1), zone=str(worst.ZONE))}
