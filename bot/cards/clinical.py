"""A question for the care team that is not an emergency."""

from bot.blocks import Message
from bot.cards.layout import Face, card
from bot.cards.view import Card, CardView, Priority


def build(view: CardView) -> Message:
    """A visit may well be the answer, so booking is offered beside Close. Who is urgent was told that a nurse will call."""
    loud = view.priority in (Priority.EMERGENCY, Priority.URGENT)
    verb = "Call about a symptom" if loud else "Answer a care question"
    return card(view, Face(verb, verb[0].lower() + verb[1:], view.reason))


CARD = Card("clinical", build)
