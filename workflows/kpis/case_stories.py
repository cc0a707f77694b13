"""What became of a case, read from its events: when it was claimed, when it was resolved, and when it rested in between. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

RESETS_WITHIN = timedelta(hours=72)
RESTS = frozenset({"snoozed", "waiting"})
WOKEN = frozenset({"woken", "answered", "resumed", "patient_replied"})
ENDS_REST = WOKEN | {"closed", "claimed", "reassigned", "released", "reopened"}
NO_STEPS = frozenset({"kept", "dialled", "call_logged", "promised", "wrong_number"})
NOTICES = ("sla_", "paged_", "page_failed_")
Event = tuple[str, datetime, bool]  # what, when, and whether somebody of the staff is named


@dataclass(frozen=True, slots=True)
class Story:
    """None: not yet. `rests` until `resolved_at`, the last one open (None) while it goes on."""

    claimed_at: datetime | None
    resolved_at: datetime | None
    rests: tuple[tuple[datetime, datetime | None], ...]


def read(events: Sequence[Event]) -> Story:
    """The story of a case by its events in order.

    Claimed: the first claim, or the first time it was given to somebody. Resolved: the first closing that was not reopened within 72
    hours; one that was does not count. What was taken back (`undone`) did not happen.
    """
    steps = _kept(events)
    claimed = next((at for what, at, named in steps if what == "claimed" or (what == "reassigned" and named)), None)
    resolved = _resolved(steps)
    return Story(claimed, resolved, _rests(steps, resolved))


def _kept(events: Sequence[Event]) -> list[Event]:
    """Without what was taken back: an undo takes back the step right before it, notices and notes aside."""
    kept: list[Event] = []
    for event in events:
        if event[0] != "undone":
            kept.append(event)
            continue
        place = next((n for n in reversed(range(len(kept))) if _is_step(kept[n][0])), None)
        if place is not None:
            del kept[place]
    return kept


def _is_step(what: str) -> bool:
    return what not in NO_STEPS and not what.startswith(NOTICES)


def _resolved(steps: Sequence[Event]) -> datetime | None:
    closed: datetime | None = None
    for what, at, _ in steps:
        if what == "reopened" and closed is not None and at - closed <= RESETS_WITHIN:
            closed = None
        elif what == "closed" and closed is None:
            closed = at
        elif what == "reopened" and closed is not None:
            return closed
    return closed


def _rests(steps: Sequence[Event], until: datetime | None) -> tuple[tuple[datetime, datetime | None], ...]:
    """A promise's case sleeps from its claim on without an event of its own; what wakes it says so."""
    found: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    claimed: datetime | None = None
    for what, at, _ in steps:
        if until is not None and at > until:
            break
        if what == "woken" and since is None:
            since = claimed
        if what in ENDS_REST and since is not None:
            found.append((since, at))
            since = None
        if what in RESTS and since is None:
            since = at
        claimed = at if what == "claimed" else None if what in RESTS | ENDS_REST else claimed
    return tuple(found if since is None else [*found, (since, None)])
