"""Start a program for one patient."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import start as form
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, View]:
    """No medical record number at none."""
    reasons = {f"code_{number}": worst.LONG for number in range(20)}
    return {"form": form.build(programs=worst.choices(100, "cmp"), reasons=reasons, mrn_allowed=level != "none")}
