"""A reply the understanding would not decide alone (S55)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What was written is behind Open; the card says why it was not decided."""
    return card(view, Face("Read a reply and decide", "read a reply and decide", view.reason))


CARD = Card("review", build)
