"""Saved replies: as many as there can be, none, and the form. They are nobody's words but the clinic's."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import saved_replies as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """A page in the middle, with every button."""
    texts = {"en": (worst.LONG, 3), "es": (worst.LONG, 3)}
    many = [
        form.Entry(worst.record("svr", n), worst.LONG, texts, waits=True, by=worst.PERSON, approve=True, withdraw=True)
        for n in range(200)
    ]
    return {
        "worst": form.listed(many, page=2, proposes=True, said=worst.LONG[:200]),
        "none": form.listed([], proposes=False),
        "form": form.form(),
    }
