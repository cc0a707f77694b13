"""Texting has done what it can (S40): a person calls."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """The reason is short and stands in the first line: "Call: 3 texts, no answer"; which attempt it is, among the facts."""
    return card(view, Face(f"Call: {view.reason}", "call a patient", view.asked or ""))


CARD = Card("call_task", build)
