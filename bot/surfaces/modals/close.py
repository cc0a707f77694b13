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
    tongues = {f"l{number}": worst.LONG for number in range(100)}
    asked = form.build(
        worst.case(), 9_999_999, dispositions=many[:10], note_allowed=allowed, promises=promises,
        interpreters=form.Interpreters(tongues, words, "l99") if allowed else None, hint="" if allowed else "Open the page instead.",
    )  # fmt: skip
    whole = form.build(worst.case(), 9_999_999, dispositions=many, note_allowed=allowed, promises=promises)
    return {"form": whole, "interpreter": asked}
