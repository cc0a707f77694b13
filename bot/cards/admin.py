"""Something to settle that needs no clinician (S49)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The reason says which request it is."""
    return card(view, Face("Sort out a request", "sort out a request", view.reason))


CARD = Card("admin", build)
