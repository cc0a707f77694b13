"""What all parts of a played history share: the database, chance, the clock, and what is to happen when."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import Database
from workflows.simulation.behaviour import Dice

What = Callable[[], object]
Move = Callable[[datetime], object]
ENTER = text("SELECT set_config('app.org_id', :org, true), careloop.now(), CAST(:ids AS uuid[])")
"""As the database's own way in, with ids that were drawn here: Careloop's dice (who is left alone, who gets which wording, who is
texted first) are thrown by patients' and campaigns' ids, so the same seed has to mean the same ids."""

A_FEW = 6


class Stage:
    """Events in order of time; of one instant the one that was planned first comes first. The clock never goes back.

    `rung`: lanes that a transaction promised something to since somebody emptied it.
    """

    def __init__(self, db: Database, org: UUID, *, dice: Dice, move: Move, at: datetime) -> None:
        self.org, self.dice, self.at = org, dice, at
        self._db, self._move = db, move
        self._queue: list[tuple[datetime, int, What]] = []
        self._order = 0
        self._ids, self._chance, self._born = 0, dice.of("ids"), int(at.timestamp() * 1000)
        self._moved: datetime | None = None
        self.rung: set[str] = set()
        self.go(at)

    @contextmanager
    def begin(self, *, ids: int = A_FEW) -> Iterator[Session]:
        """A transaction of the clinic, at the time it is now. `ids`: how many rows in it are to get the same id each time."""
        self._set_clock()
        with self._db.begin(org=self.org, how=ENTER, ids=literal([self._id() for _ in range(ids)])) as session:
            yield session
        self.rung |= session.info.get("ring", set())

    def due_lanes(self) -> set[str]:
        """Lanes with something promised, also what nobody rang for: what the clock process finds."""
        self._set_clock()
        return set(self._db.due_lanes())

    def later(self, when: datetime, what: What) -> None:
        """Have something happen then; what should have happened already happens next."""
        self._order += 1
        heapq.heappush(self._queue, (when, self._order, what))

    def after(self, span: timedelta, what: What) -> None:
        """The same, that long from now."""
        self.later(self.at + span, what)

    def following(self) -> datetime | None:
        """When something happens next."""
        return self._queue[0][0] if self._queue else None

    def happen(self, until: datetime) -> bool:
        """Let everything happen that is planned up to then, each at its own time; whether anything did."""
        busy = False
        while self._queue and self._queue[0][0] <= until:
            when, _, what = heapq.heappop(self._queue)
            self.go(when)
            what()
            busy = True
        return busy

    def go(self, to: datetime) -> None:
        """Move business time there, unless it is later already; the database's clock follows before the next transaction."""
        self.at = max(self.at, to)

    def _set_clock(self) -> None:
        if self._moved != self.at:
            self._move(self.at)
            self._moved = self.at

    def _id(self) -> UUID:
        """A UUIDv7 of the first day: growing, and as hard to tell from another one's as chance makes it."""
        self._ids += 1
        rest = self._ids << 34 | self._chance.getrandbits(34)
        return UUID(int=self._born << 80 | 0x7 << 76 | rest >> 62 << 64 | 0b10 << 62 | rest & (1 << 62) - 1)
