"""The patient said what the chart does not know (S29): done elsewhere, or moved away. Staff confirm and enter it."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView


def build(view: CardView) -> Message:
    """A date the patient named stands in the first line."""
    said = f" ({view.asked})" if view.asked else ""
    face = Face(f"Put in the chart what the patient told us{said}", "update the chart", view.reason)
    return card(view, face)


CARD = Card("chart_update", build)
