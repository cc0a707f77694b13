"""A link that connects Slack, as an admin reads it: once."""

from bot.blocks import View, actions, button, context, escape, section
from bot.modals import settings
from bot.modals.frame import modal

TITLE = "Slack"
LINK = "settings.slack.link"


def link(address: str, clinic: str) -> View:
    """The address in full, so that it can be handed to whoever installs apps."""
    return modal(
        TITLE,
        [
            section(
                f"This link connects one workspace to {escape(clinic)}. Hand it to whoever may install apps in Slack."
            ),
            section(escape(address)),  # Slack makes a link of it
            context("It is shown once, works once, and for 3 days. Links made before are no good any more."),
            actions(button("Back", settings.OPEN, value="settings")),
        ],
    )
