"""What outreach costs."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_prices as form


def lines(_level: str) -> Mapping[str, View]:
    """As much as can be typed."""
    titles = {"segment_usd": "A text segment", "staff_hour_usd": "An hour of staff"}
    known = dict.fromkeys(titles, "9999.9999999")
    return {"form": form.build(known, titles, needed=("segment_usd",), mark="0123456789abcdef")}
