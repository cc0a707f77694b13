"""What is told to whom about a case that nobody takes, that rests with its owner or that is about to be late, and when. Pure.

Minutes are of the team's working time: breaks, nights and holidays stop the clock. Those of emergencies and urgent cases pass always.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.errors import Misconfigured
from workflows.team_hours import Work

KEY = "sla"
FIX = "See docs/time.md for what `sla` may say."
LONGEST = 4800  # two weeks of work
ALWAYS = frozenset({"emergency", "urgent"})
PING, LEAD, ON_CALL = "sla_ping", "sla_manager", "sla_on_call"
DUE, IDLE, RELEASED = "sla_due", "sla_idle", "sla_released"
STAGES = (PING, LEAD, ON_CALL)
FREED = frozenset({"opened", "released", "reassigned", "reopened", "handed_over", "woken", "answered", RELEASED})
BACK = frozenset(
    {"woken", "answered", "patient_replied"}
)  # there is something to do again: the owner's wait begins anew
NOT_BY_OWNER = ("sla_", "paged_", "page_failed_")


@dataclass(frozen=True, slots=True)
class Waits:
    """Minutes; None: never. `ping`, `manager`, `on_call`: unclaimed for so long; `remind`: so long before it is due; `idle`: nothing
    done by the owner for so long, `release`: and for so long after they were reminded of it.
    """

    ping: int | None
    manager: int | None
    on_call: int | None
    remind: int | None
    idle: int | None
    release: int | None


DEFAULTS = {
    "emergency": Waits(
        None, None, None, None, 20, 10
    ),  # unclaimed, the paging ladder calls people from the first minute on
    "urgent": Waits(5, None, None, 10, 30, 15),
    "high": Waits(30, 60, 90, 30, 60, 30),
    "normal": Waits(120, 240, 360, 60, 120, 60),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a case's story."""

    what: str
    staff_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as it stands, with its story in order."""

    state: str
    priority: str
    owner_id: UUID | None
    claimed_at: datetime | None
    due_at: datetime
    story: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to tell, and the instant at which it was to be told."""

    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be told now, and when to look again (None: not before the case changes)."""

    now: tuple[Step, ...]
    look_at: datetime | None


def outlook(case: Standing, waits: Waits, work: Work, *, at: datetime) -> Outlook:
    """What `at` calls for. Whatever was missed merges: of the stages of an unclaimed case only the highest is told, and each once."""
    steps = _unclaimed(case, waits, work) if case.owner_id is None else _owned(case, waits, work)
    due = [step for step in steps if step.at <= at]
    later = [step.at for step in steps if step.at > at]
    if case.owner_id is None:
        due = due[-1:]
    return Outlook(tuple(due), min(later, default=None))


def _unclaimed(case: Standing, waits: Waits, work: Work) -> list[Step]:
    """The stages that are not behind it, in order."""
    if case.state != "open":
        return []
    begun = max((place for place, one in enumerate(case.story) if one.what in FREED), default=0)
    since = case.story[begun].at
    told = {one.what for one in case.story[begun:]}
    highest = max((place for place, stage in enumerate(STAGES) if stage in told), default=-1)
    minutes = (waits.ping, waits.manager, waits.on_call)
    return [
        Step(stage, _later(case, work, since, wait))
        for stage, wait in zip(STAGES[highest + 1 :], minutes[highest + 1 :], strict=True)
        if wait is not None
    ]


def _owned(case: Standing, waits: Waits, work: Work) -> list[Step]:
    if case.state not in ("claimed", "booking", "waiting_patient") or case.claimed_at is None:
        return []
    steps = [*_reminder(case, waits, work, case.claimed_at)]
    if case.state == "claimed":
        steps += _idle(case, waits, work, case.claimed_at)
    return sorted(steps, key=lambda step: step.at)


def _reminder(case: Standing, waits: Waits, work: Work, claimed_at: datetime) -> list[Step]:
    """Who took the case later than that has just read when it is due."""
    told = any(one.what == DUE and one.at >= claimed_at for one in case.story)
    if waits.remind is None or told:
        return []
    lead = timedelta(minutes=waits.remind)
    when = case.due_at - lead if case.priority in ALWAYS else work.before(case.due_at, lead)
    return [Step(DUE, when)] if claimed_at < when else []


def _idle(case: Standing, waits: Waits, work: Work, claimed_at: datetime) -> list[Step]:
    if waits.idle is None:
        return []
    moves = [place for place, one in enumerate(case.story) if one.what in BACK or _by(case.owner_id, one)]
    last = max([claimed_at, *(case.story[place].at for place in moves)])
    since = case.story[moves[-1] + 1 :] if moves else case.story  # by order: two events may share an instant
    told = [one.at for one in since if one.what == IDLE and one.at >= last]
    if not told:
        return [Step(IDLE, _later(case, work, last, waits.idle))]
    return [Step(RELEASED, _later(case, work, told[-1], waits.release))] if waits.release is not None else []


def _by(owner_id: UUID | None, one: Happened) -> bool:
    return one.staff_id == owner_id and not one.what.startswith(NOT_BY_OWNER)


def _later(case: Standing, work: Work, since: datetime, minutes: int) -> datetime:
    span = timedelta(minutes=minutes)
    return since + span if case.priority in ALWAYS else work.after(span, since)


def waits_of(settings: Mapping[str, Any], priority: str) -> Waits:
    """An organisation's own minutes over ours."""
    own = settings.get(KEY, {}).get(priority, {})
    return Waits(
        **{field.name: own.get(field.name, getattr(DEFAULTS[priority], field.name)) for field in fields(Waits)}
    )


def read(said: Any) -> None:
    """Check what an organisation file says: {priority: {wait: minutes or null}}. Raises Misconfigured."""
    names = {field.name for field in fields(Waits)}
    if not isinstance(said, dict) or not set(said) <= set(DEFAULTS):
        raise Misconfigured(f"sla has a priority that does not exist (it is one of {', '.join(DEFAULTS)})", fix=FIX)
    for priority, waits in said.items():
        right = isinstance(waits, dict) and all(
            name in names and (n is None or (type(n) is int and 1 <= n <= LONGEST)) for name, n in waits.items()
        )
        if not right:
            raise Misconfigured(f"sla.{priority} cannot be read (minutes are 1 to {LONGEST}, or null)", fix=FIX)
