"""A text whose fate the provider did not tell; it is never sent again blindly."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The person finds out and closes; nothing here sends."""
    return card(view, Face("Check if a text was sent", "check a text", view.reason))


CARD = Card("unknown_send", build)
