"""Close, with a note where the level allows one."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import close as form
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """No field for a note at none."""
    many = worst.choices(40, "msg")
    return {"form": form.build(worst.case(), 9_999_999, dispositions=many, note_allowed=level != "none")}
