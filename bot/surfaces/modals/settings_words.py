"""The organisation's short texts."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_words as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """All filled in."""
    asked = {name: name.capitalize() for name in ("hours", "address", "parking", "visitors")}
    facts = {name: {"en": worst.LONG, "es": worst.LONG} for name in asked}
    return {"form": form.build(facts, asked, {"en": "English", "es": "Spanish"}, mark="0123456789abcdef")}
