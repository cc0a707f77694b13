"""A question for the care team that is not an emergency."""

from bot.blocks import Message
from bot.cards.layout import Booking, Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """A visit may well be the answer, so booking is offered beside Close."""
    return card(view, Face("Answer a care question", "answer a care question", view.reason, Booking.OFFERED))


CARD = Card("clinical", build)
