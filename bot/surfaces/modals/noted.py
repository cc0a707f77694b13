"""Make a case of a message."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import noted as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Teams and times; the message is on it at no level."""
    dues = {"today": worst.LONG, "day": worst.LONG}
    return {"form": form.build(worst.record("ntd"), teams=worst.choices(300, "tem"), dues=dues)}
