"""Two business days after a discharge are running out and no person has tried to call (N18)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The clock itself stands among the facts."""
    return card(view, Face("Call: home from hospital", "call a patient", view.reason))


CARD = Card("tcm_call", build)
