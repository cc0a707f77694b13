"""Each kind of card in each state it can stand in, all facts at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import cards
from bot.cards.view import CardView, Priority, State, Writeback
from bot.surfaces import worst


def lines(level: str) -> Mapping[str, dict[str, Any]]:
    """`card.KIND.STATE`; what is new here is found by itself."""
    found = {}
    for kind in sorted(cards.discover()):
        for state in State if kind == "reschedule" else (State.OPEN, State.CLAIMED, State.CLOSED):
            found[f"card.{kind}.{state.value}"] = worst.message(
                cards.build(_view(kind, state, level)), case_id=worst.case()
            )
    return found


def _view(kind: str, state: State, level: str) -> CardView:
    owned = state != State.OPEN
    view = CardView(
        case_id=worst.case(),
        number=9_999_999,
        kind=kind,
        priority=Priority.EMERGENCY,
        reason=worst.REASON,
        team=worst.TEAM,
        due_at=worst.later(days=-399, minutes=-61),
        opened_at=worst.later(days=-401),
        now=worst.NOW,
        zone=worst.ZONE,
        state=state,
        writeback=Writeback.HELD,
        program_title=worst.TITLE,
        step=worst.WORD,
        asked=worst.LONG,
        note_kept=True,
        contact=worst.LONG,
        attempt=worst.LONG,
        snoozed_until=worst.later(days=300),
        said=worst.LONG,
        paged=worst.LONG,
        warning=worst.LONG,
        phi=worst.phi(level),
    )
    if owned:
        view = replace(view, owner_name=worst.PERSON, claimed_at=worst.later(days=-400))
    if state == State.CLOSED:
        view = replace(view, outcome=worst.LONG, closed_at=worst.NOW)
    return replace(view, booked_for=worst.later(days=300))
