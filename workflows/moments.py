"""When a program's times are: pure arithmetic over what the caller knows of visits, windows and business days."""

from datetime import datetime, timedelta

from workflows.effects import Facts
from workflows.programs.model import Moment, duration

TOO_LATE = timedelta(hours=12)


def after(wait: str, since: datetime, facts: Facts) -> datetime:
    """`wait` after `since`: days and business days end at the patient's window's opening, hours and minutes are elapsed."""
    n, unit = duration(wait)
    if unit == "d":
        return facts.next_open(since, n)
    if unit == "bd":
        return facts.next_business(since, n)
    return since + (timedelta(hours=n) if unit == "h" else timedelta(minutes=n))


def when(moment: Moment, facts: Facts) -> datetime | None:
    """The instant a moment means; None when nothing is known to count it from."""
    anchor = _anchor(moment, facts)
    if anchor is None:
        return None
    if moment.hours is not None:
        return anchor + timedelta(hours=moment.hours if moment.after else -moment.hours)
    if moment.after:
        return facts.next_open(anchor, moment.days or 0)
    return _opening_before(anchor, moment.days or 0, facts)


def too_late(moment: Moment, now: datetime, facts: Facts) -> bool:
    """A text bound to a time is not sent late by half a day, nor after what it speaks of, nor when that is not known.

    Nor is anybody reminded of what we told them after the reminder's time.
    """
    at, anchor = when(moment, facts), _anchor(moment, facts)
    if at is None or anchor is None:
        return True
    told = facts.told_at is not None and at < facts.told_at
    return now - at > TOO_LATE or (moment.before is not None and (told or now >= anchor))


def _anchor(moment: Moment, facts: Facts) -> datetime | None:
    return {
        "appointment": facts.appointment_at,
        "discharge": facts.discharge_at,
        "due": facts.due_at,
        "trigger": facts.trigger_at,
    }[moment.anchor]


def _opening_before(anchor: datetime, days: int, facts: Facts) -> datetime:
    """The opening `days` calendar days before, or of the last open day before that.

    `next_open` passes a closed day to the following one; that one is nearer to the anchor by more than half a day.
    """
    wanted = timedelta(days=days) - TOO_LATE
    openings = (facts.next_open(anchor, -days - further) for further in range(7))
    return next((opening for opening in openings if anchor - opening > wanted), anchor - timedelta(days=days))
