"""A patient was not content (S70): somebody calls, with the score and the words at hand."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The score stands in the first line ("asked" holds it as "score 3"); the comment is in the conversation."""
    said = f" ({view.asked})" if view.asked else ""
    why = "" if said else view.reason
    return card(view, Face(f"Call about a low score{said}", "call about a low score", why))


CARD = Card("low_score", build)
