"""A link that connects Slack."""

from collections.abc import Mapping

from bot.blocks import View
from bot.modals import settings_slack as form
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """As long as an address of ours may be."""
    return {"link": form.link(f"https://{'c' * 60}.{'a' * 60}.example/slack/install?invite={'x' * 70}", worst.LONG)}
