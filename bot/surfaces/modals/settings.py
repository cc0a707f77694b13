"""Settings."""

from collections.abc import Mapping

from bot.blocks import View, escape
from bot.modals import settings as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As many lines as fit, with the longest names."""
    many = [form.Line(worst.TEAM, escape(worst.LONG), f"{form.PREFIX}{n}") for n in range(300)]
    return {"list": form.page(form.TITLE, many, said=worst.LONG, back=form.OPEN, below="Kept on the audit.")}
