"""A run that a person owns from the start (S101-S104); the reason names the rule that sent it."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Nothing was sent and nothing will be: the card says so, and why."""
    why = f"Nothing is automated: {view.reason}"
    return card(view, Face("Contact this patient yourself", "contact a patient by hand", why))


CARD = Card("human_owned", build)
