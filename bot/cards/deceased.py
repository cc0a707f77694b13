"""Somebody told us of a death: a person confirms it, gently; automation is silent meanwhile."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The preview says nothing of a death."""
    return card(view, Face("A death was reported: confirm it", "confirm a report", view.reason))


CARD = Card("deceased", build)
