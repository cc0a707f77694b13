"""Work of people once more: how long cases waited and took, and whether they were done by their time. Plain Python by docs/kpis.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.kpis.counting import Unit, Wanted
from tests.kpis.estimates import HALF, TENTH, Told, waited
from tests.kpis.files import Books, Row, at, by
from tests.kpis.grouping import group, of_case

NOBODYS_WORK = {"practice", "approval", "system_alert", "pilot_review"}
NOTES = {"kept", "dialled", "call_logged", "promised", "wrong_number"}
NOTICES = ("sla_", "paged_", "page_failed_")
SLEEP = {"snoozed", "waiting"}
WAKE = {"woken", "answered", "resumed", "patient_replied", "closed", "claimed", "reassigned", "released", "reopened"}
Event = tuple[str, datetime]
Pair = list[float | None]


@dataclass(frozen=True, slots=True)
class Story:
    """`claimed`, `resolved`: None, not yet. `rests` until it was resolved, or until now."""

    claimed: datetime | None
    resolved: datetime | None
    rests: list[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Waits:
    """Minutes, each as [median, 90th percentile]: `working`, around the `clock`, at rest, and working without those."""

    cases: int
    over: int
    working: Pair
    clock: Pair
    resting: Pair | None = None
    active: Pair | None = None

    @property
    def told(self) -> Told:
        """As a figure: working minutes; of fewer than ten the counts alone."""
        few = self.cases < 10
        return Told(self.over, self.cases, None if few else self.working[0], None, None if few else self.working[1])


def work(books: Books) -> Iterator[Row]:
    """The cases that count: people's work, once, of runs that count or of none."""
    for row in books.of["cases"]:
        other = row["kind"] in NOBODYS_WORK or row["disposition"] in ("merged", "duplicate")
        if not other and (not row["enrollment"] or row["enrollment"] in books.counted):
            yield row


def stories(books: Books) -> dict[str, Story]:
    """What became of each case, by its events in the order of the file."""
    events = by("case", books.of["case_events"])
    return {row["case"]: _story(books, row, _that_happened(events[row["case"]])) for row in work(books)}


def _that_happened(events: Sequence[Row]) -> list[Event]:
    """Without what was taken back: each `undone` takes back the last step before it. Notes and notices are no steps."""
    left: list[Event] = []
    undone = 0
    for row in reversed(events):
        step = row["what"] not in NOTES and not row["what"].startswith(NOTICES)
        if row["what"] == "undone":
            undone += 1
        elif step and undone:
            undone -= 1
        else:
            given = row["what"] == "reassigned" and row["staff"]
            left.append(("given" if given else row["what"], at(row["at"])))
    return left[::-1]


def _story(books: Books, case: Row, events: list[Event]) -> Story:
    claims = [when for what, when in events if what in ("claimed", "given")]
    last_claim = at(case["claimed_at"]) if case["claimed_at"] else None
    resolved = next(
        (when for place, (what, when) in enumerate(events) if what == "closed" and _for_good(when, events[place:])),
        None,
    )
    return Story(claims[0] if claims else last_claim, resolved, _rests(events, resolved or books.now))


def _for_good(closed: datetime, after: Sequence[Event]) -> bool:
    """Not opened again within 72 hours."""
    again = next((when for what, when in after if what == "reopened"), None)
    return again is None or again - closed > timedelta(hours=72)


def _rests(events: Sequence[Event], until: datetime) -> list[tuple[datetime, datetime]]:
    """From being put to sleep to being woken. One that wakes without that had slept since it was claimed (for a promise)."""
    found: list[tuple[datetime, datetime]] = []
    asleep: datetime | None = None
    claimed: datetime | None = None
    for what, when in (("reassigned" if what == "given" else what, when) for what, when in events):
        if when > until:
            break
        if what in WAKE:
            since = asleep or (claimed if what == "woken" else None)
            found += [(since, when)] if since else []
            asleep = None
        if what in SLEEP:
            asleep = asleep or when
        if what in SLEEP | WAKE:
            claimed = when if what == "claimed" else None
    return [*found, (asleep, until)] if asleep else found


class Clock:
    """Each team's working minutes, by its shifts."""

    def __init__(self, books: Books) -> None:
        self.shifts = {
            team: [(at(row["opens_at"]), at(row["closes_at"])) for row in rows]
            for team, rows in by("team", books.of["shifts"]).items()
        }

    def minutes(self, team: str, start: datetime, end: datetime) -> float:
        """Of work between two moments."""
        both = (min(closes, end) - max(opens, start) for opens, closes in self.shifts[team])
        return sum((one for one in both if one > timedelta()), timedelta()) / timedelta(minutes=1)

    def after(self, team: str, start: datetime, hours: int) -> datetime | None:
        """When so many hours of work are over; None: later than the shifts are told, so later than now."""
        left = timedelta(hours=hours)
        for opens, closes in self.shifts[team]:
            here = closes - max(opens, start)
            if here >= left:
                return max(opens, start) + left
            left -= max(here, timedelta())
        return None


def times(books: Books, kpi: str, wanted: Wanted) -> dict[str, Waits]:
    """time_to_claim, from card to claim, or time_to_resolve, from opening to close: of the cases opened in the period, by group."""
    clock, told = Clock(books), stories(books)
    spans: dict[str, list[tuple[str, datetime, datetime, bool, Story]]] = {}
    for row in work(books):
        groups, opened = of_case(books, row), at(row["opened_at"])
        if wanted.has(books.day(opened), groups):
            start, end, over = (_to_claim if kpi == "time_to_claim" else _to_close)(books, row, told[row["case"]])
            mine = (row["team"], start, end, over, told[row["case"]])
            spans.setdefault(group(groups, books.day(opened), wanted.cut), []).append(mine)
    return {name: _waits(clock, rows, rests=kpi == "time_to_resolve") for name, rows in spans.items()}


def _to_claim(books: Books, case: Row, story: Story) -> tuple[datetime, datetime, bool]:
    """From the first card (the opening, where none is known) to the claim; unclaimed it waits until it was closed, or until now."""
    start = at(case["posted_at"] or case["opened_at"])
    end = story.claimed or (at(case["closed_at"]) if case["closed_at"] else books.now)
    return start, max(start, end), story.claimed is not None


def _to_close(books: Books, case: Row, story: Story) -> tuple[datetime, datetime, bool]:
    return at(case["opened_at"]), story.resolved or books.now, story.resolved is not None


def _waits(clock: Clock, rows: list[tuple[str, datetime, datetime, bool, Story]], *, rests: bool) -> Waits:
    working = [(clock.minutes(team, start, end), over) for team, start, end, over, _ in rows]
    around = [((end - start) / timedelta(minutes=1), over) for _, start, end, over, _ in rows]
    found = (len(rows), sum(over for _, over in working), waited(working, HALF, TENTH), waited(around, HALF, TENTH))
    if not rests:
        return Waits(*found)
    slept = [sum(clock.minutes(team, *rest) for rest in story.rests) for team, _, _, _, story in rows]
    resting = [(rest, True) for rest, (_, over) in zip(slept, working, strict=True) if over]
    active = [(max(0.0, all_of - rest), over) for rest, (all_of, over) in zip(slept, working, strict=True)]
    return Waits(*found, waited(resting, HALF, TENTH), waited(active, HALF, TENTH))


def tasks(books: Books) -> Iterator[Unit]:
    """Tasks done by their time, and at all; cases claimed and done by their targets. On the day they are due, as soon as they are."""
    clock, told = Clock(books), stories(books)
    for row in work(books):
        due, closed = at(row["due_at"]), at(row["closed_at"]) if row["closed_at"] else None
        if due > books.now:
            continue
        groups, day, in_time = of_case(books, row), books.day(due), closed is not None and closed <= due
        claimed, until = told[row["case"]].claimed or closed, claim_by(clock, row)
        in_both = in_time and claimed is not None and (until is None or claimed <= until)
        yield Unit("task_on_time", day, in_time, groups)
        yield Unit("task_ever", day, closed is not None, groups)
        yield Unit("sla", day, in_both, groups)


def claim_by(clock: Clock, case: Row) -> datetime | None:
    """Red flags 15 minutes; clinical matters one working hour, new times and low scores four; any other case its due time."""
    since = at(case["posted_at"] or case["opened_at"])
    if case["kind"] == "red_flag":
        return since + timedelta(minutes=15)
    hours = {"clinical": 1, "reschedule": 4, "ready_to_schedule": 4, "low_score": 4}.get(case["kind"])
    return clock.after(case["team"], since, hours) if hours else at(case["due_at"])
