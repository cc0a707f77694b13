"""Two charts that look like one person: who texts whom would be a matter of luck."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Which two stands on the signed-in page; merging is done in the EHR."""
    return card(view, Face("Check two charts: one person?", "check two charts", view.reason))


CARD = Card("duplicate_chart", build)
