"""Something of Careloop's own needs a person: no patient asks for anything."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What is wrong and what to do, in the reason's words."""
    face = Face("Careloop needs a hand", "Careloop needs a hand", view.reason, recorded=False)
    return card(view, face)


CARD = Card("system_alert", build)
