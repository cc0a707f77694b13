"""The EHR would not take the write; the record must still be right (S56)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The reason says what is missing in the record."""
    return card(view, Face("Enter the outcome in the EHR by hand", "enter an outcome by hand", view.reason))


CARD = Card("ehr_manual", build)
