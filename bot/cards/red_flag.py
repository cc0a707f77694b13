"""A symptom that cannot wait: a person calls."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """No Reschedule here: booking ends in an automatic text, and this patient hears from a person first."""
    face = Face("Call back about a symptom", "call back about a symptom", view.reason, pings=True)
    return card(view, face)


CARD = Card("red_flag", build)
