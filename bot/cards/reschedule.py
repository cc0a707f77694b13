"""The patient asked for another time (S39): the main job."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What was asked stands in the first line, as coded times."""
    asked = f" (asked: {view.asked})" if view.asked else ""
    return card(view, Face(f"Offer new times{asked}", "offer new times", view.reason))


CARD = Card("reschedule", build)
