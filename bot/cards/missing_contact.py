"""Nobody is silently skipped: a patient without a textable number is work for a person."""

from bot.blocks import Message
from bot.cards.layout import Face, card, reasons
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Without a number no confirmation could reach them, so booking waits."""
    return card(view, Face("Find a way to reach the patient", "find a way to reach a patient", reasons(view)))


CARD = Card("missing_contact", build)
