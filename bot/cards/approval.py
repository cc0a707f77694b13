"""A colleague asks whether something may be done: one click answers."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """What is asked, in our codes' words, and for which case; never the patient's."""
    asked = f" for {view.asked}" if view.asked else ""
    face = Face(
        f"Approve or refuse{asked}",
        "an approval is asked for",
        view.reason,
        approves=True,
        recorded=False,
    )
    return card(view, face)


CARD = Card("approval", build)
