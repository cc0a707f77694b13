"""CANCEL and END stop the texts by law, and may have meant the appointment (N4)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The texts have stopped already; the visit has not been touched."""
    return card(view, Face("Ask if the visit was meant", "check an opt-out", view.reason))


CARD = Card("opt_out_check", build)
