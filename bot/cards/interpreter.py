"""No approved text in the patient's language (P8): a person calls with an interpreter."""

from bot.blocks import Message
from bot.cards.layout import Face, card, reasons
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Why, and the hours in which the patient wants to be called."""
    return card(view, Face("Call with an interpreter", "call with an interpreter", reasons(view)))


CARD = Card("interpreter", build)
