"""Something is missing before contact (S89)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What to complete; closed as "there now", the program starts."""
    return card(view, Face("Complete before we write", "complete a record", view.reason))


CARD = Card("pre_check", build)
