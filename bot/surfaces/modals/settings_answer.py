"""One approved answer."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_answer as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """With the longest words."""
    texts = {"en": worst.LONG, "es": worst.LONG}
    answer = form.Answer("parking", worst.LONG[:300], texts, "2027-06-30", True, worst.LONG[:600], worst.PERSON[:200])
    return {"form": form.build(answer, mark="0123456789abcdef")}
