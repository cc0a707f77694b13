"""Send recap."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import recap as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As many titles as there can be."""
    return {"form": form.build(worst.case(), 9_999_999, titles={f"key_{n}": f"{n} {worst.LONG}" for n in range(100)})}
