"""The person at this number says they are not the patient."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """No booking: whoever answered is not the patient."""
    return card(view, Face("Correct a phone number", "correct a phone number", view.reason))


CARD = Card("wrong_number", build)
