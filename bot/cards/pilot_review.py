"""A pilot's run for a reviewer's verdict (N7, S105)."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """Which run, how it ended, and how many are reviewed; Open shows all that was said, Fail asks for the reason."""
    return card(view, Face("Judge this pilot run", "judge a pilot run", view.reason, verdict=True))


CARD = Card("pilot_review", build)
