"""A case to learn on: it looks and works like a real one, and is nobody's."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """It says so in its first words, so that no colleague calls anybody."""
    asked = f" (asked: {view.asked})" if view.asked else ""
    why = f"This is practice: no patient, no text, no record. {view.reason}"
    face = Face(f"Practice: offer new times{asked}", "practice", why, recorded=False)
    return card(view, face)


CARD = Card("practice", build)
