"""A provider out or a site closed."""

from collections.abc import Mapping
from datetime import timedelta

from bot.blocks import View
from bot.modals import disruption as form
from bot.surfaces import messages, worst


def lines(_level: str) -> Mapping[str, View]:
    """Providers and counts."""
    days = [(worst.NOW + timedelta(days=day)).date() for day in range(30)]
    counts, which = messages.COUNTS, worst.record("dis")
    return {
        "ask": form.ask("provider", worst.choices(300, "sit"), days),
        "nothing": form.ask("site", [], days),
        "approve": form.preview(worst.LONG, counts, disruption_id=which, may_approve=True),
        "waiting": form.preview(worst.LONG, counts, disruption_id=which, may_approve=False),
    }
