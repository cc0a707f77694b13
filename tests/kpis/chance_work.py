"""Cases made up by chance: claimed, given, put to sleep, taken back, closed, and opened again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from tests.kpis.runs import Work, wall

NOW = wall("01-15 12:00")
KINDS = (
    "reschedule", "ready_to_schedule", "call_task", "low_score", "low_score", "red_flag", "clinical", "review", "missing_contact",
    "system_alert",
)  # fmt: skip
CALLS = (
    "reached", "no_answer", "voicemail", "they_called:instructions", "they_called:visit_time", "they_called:repeat", "they_called:billing",
)  # fmt: skip
Step = tuple[datetime, str]


def cases(dice: Random, since: datetime) -> Iterator[Work]:
    """None, one or two of a run that began then."""
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
        opened = since + timedelta(hours=dice.uniform(0.2, 24 * dice.choice((3, 20, 45))))
        if dice.random() < 0.7:  # in the daytime
            opened = opened.replace(hour=dice.randrange(15, 22))
        if since < opened < NOW:
            yield _life(dice, dice.choice(KINDS), opened, again=True)


def _life(dice: Random, kind: str, opened: datetime, *, again: bool) -> Work:
    claimed = opened + timedelta(minutes=dice.uniform(1, 600))
    closed = claimed + timedelta(minutes=dice.uniform(1, 3000))
    due = opened + timedelta(hours=dice.uniform(0.25, 48))
    found = Work(kind, opened, due, claimed=claimed if claimed < NOW and dice.random() < 0.93 else None)
    found = replace(found, posted=_posted(dice, found), given=dice.random() < 0.15)
    if found.claimed and dice.random() < 0.4:
        found = replace(found, calls=((min(claimed + timedelta(minutes=1), NOW), dice.choice(CALLS)),))
    if closed > NOW or dice.random() < 0.1:
        return replace(found, steps=tuple(_steps(dice, found)))
    found = replace(found, closed=closed, disposition=dice.choice(("resolved", "booked", "unreachable", "merged")))
    found = replace(found, steps=tuple(_steps(dice, found)))
    back = closed + timedelta(hours=dice.uniform(1, 120))
    if again and found.disposition != "merged" and back < NOW and dice.random() < 0.3:
        return replace(found, again=_life(dice, kind, back, again=False))
    return found


def _posted(dice: Random, work: Work) -> datetime | None:
    """Mostly at once; now and then not known, or only after somebody had claimed it."""
    kind = dice.random()
    if kind < 0.15:
        return None
    late = work.claimed is not None and kind < 0.25
    posted = (
        work.claimed + timedelta(minutes=2)
        if late and work.claimed
        else work.opened + timedelta(minutes=dice.uniform(0, 15))
    )
    return min(posted, NOW)


def _steps(dice: Random, work: Work) -> Iterator[Step]:
    """What happened to it besides, now and then."""
    if work.claimed is None:
        return
    until = work.closed or min(work.claimed + timedelta(days=3), NOW)
    if dice.random() < 0.15:
        yield from _taken_back(work.opened + (work.claimed - work.opened) * dice.uniform(0.1, 0.8), "claimed")
    first, last = sorted(work.claimed + (until - work.claimed) * dice.uniform(0.1, 0.7) for _ in range(2))
    kind = dice.randrange(10)
    if kind < 2:
        yield from ((first, "snoozed"), (last, "woken"))
    elif kind == 2:
        yield from ((first, "waiting"), (last, "patient_replied"))
    elif kind == 3:
        yield last, "woken"  # had slept since its claim, for a promise
    elif kind == 4:
        yield from ((first, "released"), (last, "claimed"))
    elif kind == 5:
        yield first, "snoozed"  # and was still asleep when somebody closed it
    if work.closed and dice.random() < 0.2:
        yield from _taken_back(work.claimed + (work.closed - work.claimed) * dice.uniform(0.75, 0.95), "closed")


def _taken_back(at: datetime, what: str) -> Iterator[Step]:
    """A step that was undone half a minute later, with a notice and a note in between."""
    yield at, what
    yield at + timedelta(seconds=5), "sla_warned"
    yield at + timedelta(seconds=9), "kept"
    yield at + timedelta(seconds=30), "undone"
