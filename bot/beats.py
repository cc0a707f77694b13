"""When a card's words about time have changed so much that it is drawn anew: few moments a day, so that Slack is not flooded."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.cards.view import CardView, State

AROUND_DUE = (timedelta(minutes=-30), timedelta(minutes=-10), *(timedelta(hours=hour) for hour in range(9)))
"""Soon, very soon, due, then each hour it is late for a working day."""

WAITING = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""Since it was opened, while nobody has it."""

MORNING = 6
"""Each day before people come, by the clinic's clock."""


def last(view: CardView) -> datetime:
    """The newest of these moments that has passed: between two of them a card says the same."""
    passed = [beat for beat in _beats(view, view.now) if beat <= view.now]
    return max(passed, default=view.opened_at)


def following(view: CardView) -> datetime | None:
    """The next of them; None for a card whose words no longer age."""
    if view.state in (State.CLOSED, State.BOOKING):
        return None
    return min(beat for beat in _beats(view, view.now) if beat > view.now)


def _beats(view: CardView, now: datetime) -> Iterator[datetime]:
    if view.state in (State.CLOSED, State.BOOKING):
        return
    yield from (view.due_at + offset for offset in AROUND_DUE)
    if view.state == State.OPEN:
        yield from (view.opened_at + waited for waited in WAITING)
    morning = now.astimezone(view.zone).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    yield from (beat for day in (0, 1) if (beat := morning + timedelta(days=day)) > view.opened_at)
