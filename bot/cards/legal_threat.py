"""Legal words: automation is off for the patient, a manager settles it."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """No visit is offered: whoever calls decides what follows."""
    return card(view, Face("A manager calls: legal words", "a manager calls", view.reason))


CARD = Card("legal_threat", build)
