"""Close, with a note where the level allows one."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import close as form
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """No field for a note at none."""
    many = worst.choices(40, "msg")
    words = {f"code_{number}": worst.LONG for number in range(5)}
    promises = form.Promises(words, words)
    allowed = level != "none"
    return {"form": form.build(worst.case(), 9_999_999, dispositions=many, note_allowed=allowed, promises=promises)}
