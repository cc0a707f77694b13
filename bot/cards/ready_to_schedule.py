"""The patient wants a visit and has none yet (S59): book one."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What was asked stands in the first line, as coded times; there is no visit to move."""
    asked = f" (asked: {view.asked})" if view.asked else ""
    return card(view, Face(f"Book a visit{asked}", "book a visit", view.reason))


CARD = Card("ready_to_schedule", build)
