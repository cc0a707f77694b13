"""Hand a case over."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import reassign as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """Teams and staff."""
    many = worst.choices(300, "tem"), worst.choices(300, "stf")
    return {
        "full": form.build(worst.case(), 9_999_999, teams=many[0], staff=many[1]),
        "nobody": form.build(worst.case(), 9_999_999, teams=[], staff=[]),
    }
