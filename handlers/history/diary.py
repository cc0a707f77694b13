"""When each patient comes by themselves: visits in the months before Careloop, and the next one after each that is over."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.history.script import Person, Script
from handlers.history.stage import Stage

BEFORE = timedelta(weeks=24)  # so far back the EHR has visits
AWAY = (100.0, 150.0)  # days until who is lost comes back unasked
UNREMINDED = 1.25  # without reminders more visits are missed
HALF_HOURS = 15  # of a working day, from nine

Book = Callable[[Person, datetime], object]


class Diary:
    """Plans; what is planned is booked some days ahead, as clinics do."""

    def __init__(self, stage: Stage, script: Script, book: Book) -> None:
        self.stage, self.script, self.book = stage, script, book
        self.zone = ZoneInfo(script.zone)
        self._turn: dict[int, int] = {}

    def earlier(self, person: Person) -> list[tuple[datetime, bool]]:
        """(start, missed) of the visits before the first day, oldest first; the first one after it is planned."""
        chance = self.stage.dice.of("earlier", person.no)
        at = self.script.begins - BEFORE + self._every(person) * chance.random()
        found: list[tuple[datetime, bool]] = []
        while (start := self.opening(at, chance.randrange(HALF_HOURS))) < self.script.begins:
            missed = chance.random() < person.misses * UNREMINDED
            found.append((start, missed))
            at = start + self._gap(person, len(found), missed=missed)
        self._plan(person, start)
        return found

    def over(self, person: Person, *, missed: bool) -> None:
        """A visit came to its end now: plan the next one. What was planned before it is dropped."""
        chance = self.stage.dice.of("next", person.no, self._turn.get(person.no, 0))
        at = self.stage.at + self._gap(person, self._turn.get(person.no, 0), missed=missed)
        self._plan(person, self.opening(at, chance.randrange(HALF_HOURS)))

    def opening(self, near: datetime, half_hour: int) -> datetime:
        """A half hour of the first working day from then on."""
        day = near.astimezone(self.zone).date()
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        return self.local(day, time(9 + half_hour // 2, 30 * (half_hour % 2)))

    def local(self, day: date, at: time) -> datetime:
        """That time of the clinic's day, in UTC."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def _plan(self, person: Person, start: datetime) -> None:
        turn = self._turn[person.no] = self._turn.get(person.no, 0) + 1
        if start >= self.script.ends - timedelta(days=1):
            return
        chance = self.stage.dice.of("booked", person.no, turn)
        ahead = timedelta(days=chance.randint(5, 18), hours=chance.randrange(5))
        self.stage.later(max(start - ahead, self.stage.at), lambda: self._book(person, turn, start))

    def _book(self, person: Person, turn: int, start: datetime) -> None:
        if self._turn[person.no] == turn and start > self.stage.at:
            self.book(person, start)

    def _every(self, person: Person) -> timedelta:
        return timedelta(days=self.stage.dice.of("every", person.no).uniform(*self.script.every))

    def _gap(self, person: Person, number: int, *, missed: bool) -> timedelta:
        chance = self.stage.dice.of("gap", person.no, number)
        if missed and person.lost:
            return timedelta(days=chance.uniform(*AWAY))
        return self._every(person) * chance.uniform(0.7, 1.3)
