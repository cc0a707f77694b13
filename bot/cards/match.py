"""A source named somebody we do not know (S91): who that is stands on the signed-in page."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Find the chart, then start by hand if it is still wanted."""
    return card(view, Face("Find this patient's chart", "find a patient's chart", view.reason))


CARD = Card("match", build)
