"""The patient asked for a call: a person calls."""

from bot.blocks import Message
from bot.cards.layout import Face, card, reasons
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """They wrote to us and wait by the phone; the reason says how we know."""
    return card(view, Face("Call back: the patient asked for a call", "call a patient back", reasons(view)))


CARD = Card("call_back", build)
