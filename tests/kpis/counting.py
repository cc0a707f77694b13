"""What any share is made of: units, each on its day, above the line or not; and how many of them are old enough to count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.kpis.files import Books
from tests.kpis.grouping import Groups, group

TASKS = {"task_on_time", "task_ever", "sla"}
"""Old enough at the moment they are due, not a day after."""
WINDOWS = {
    "delivery": 3, "reach_72h": 3, "reach": 7, "response": 7, "completion": 30, "untouched": 30, "survey_started": 7,
    "survey_completion": 7, "survey_escalation": 7, "rebooked": 14, "recovered": 60, "recovery_closed": 60, "follow_up_visit": 3,
    "understanding": 7, "escalation": 30, "escalation_started": 30, "wrong_number": 30, "avoidable_callbacks": 30, "cost_per_recovered": 60,
}  # fmt: skip
"""Days that must have passed; none where a KPI is not named. A program may say more than the 30."""
Counts = dict[str, dict[str, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One of what a KPI counts."""

    kpi: str
    day: date
    hit: bool
    groups: Groups
    days: int | None = None
    """The long window of its program's version, where that is the one to go by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which days, split by what; of one program or of all."""

    first: date
    last: date
    cut: str = ""
    program: str = ""

    def has(self, day: date, groups: Groups) -> bool:
        return self.first <= day <= self.last and self.program in ("", groups["program"])

    def old_enough(self, books: Books, kpi: str) -> date:
        """The last day that counts: its window has passed, and it is in the period."""
        return min(self.last, books.day(books.now) - timedelta(days=WINDOWS.get(kpi, 0) + 1))


def counts(books: Books, units: Iterable[Unit], wanted: Wanted) -> Counts:
    """{KPI: {group: (above the line, below it)}} of the units that are old enough."""
    today, found = books.day(books.now), Counts()
    for unit in units:
        window = WINDOWS.get(unit.kpi, 0) if unit.days is None else unit.days
        old_enough = unit.kpi in TASKS or unit.day + timedelta(days=window) < today
        if not old_enough or not wanted.has(unit.day, unit.groups) or not _is_split(unit, wanted.cut):
            continue
        groups = found.setdefault(unit.kpi, {})
        name = group(unit.groups, unit.day, wanted.cut)
        hits, of = groups.get(name, (0, 0))
        groups[name] = (hits + unit.hit, of + 1)
    return found


def _is_split(unit: Unit, cut: str) -> bool:
    """A unit that says its class is one of cases; runs say theirs in units of their own, which are for that split alone."""
    return cut in ("", "week") or cut in unit.groups
